"""A part of a venue file that is missing, or empty, or of another kind: the error shows what could stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.base import Part
from model.calendar import Window
from model.reading import field_at, read_model
from model.source import parse
from model.venue import Esp, FixEndpoint, Ike, Peer, Peers, Service, Venue
from tests.unit.model.example import GONE, VENUE, edited

PARTS: tuple[tuple[str, type[Part]], ...] = (
    ("", Venue),
    ("peers", Peers),
    ("peers.A", Peer),
    ("ike", Ike),
    ("esp", Esp),
    ("fix.0", FixEndpoint),
    ("services.0", Service),
    ("session", Window),
)
SERVICE = {"services": "[{name: files, host: 192.0.2.40, port: 22}]"}


def needed() -> Iterator[str]:
    for place, part in PARTS:
        for key, field in part.model_fields.items():
            if field.is_required():
                yield f"{place}.{key}".lstrip(".")


@pytest.mark.parametrize("value", [GONE, "null"])
@pytest.mark.parametrize("key", sorted(needed()))
def test_an_error_about_a_missing_part_shows_an_example_that_is_right(key: str, value: str) -> None:
    text = edited(edited(VENUE, SERVICE), {key: value})
    found = {one.key: one.message for one in read_model(Venue, parse(text, file="x.yaml", folder=Path())).faults}
    last = key.rpartition(".")[2]
    example = re.search(rf"write '({last}: .*)' \(", found[key])
    assert example, found[key]
    shown = parse(example[1], file="x.yaml", folder=Path()).data[last]
    path = tuple(int(one) if one.isdigit() else one for one in key.split("."))
    field = field_at(Venue, path)
    assert field and field.examples and str(shown) in map(str, field.examples)


@pytest.mark.parametrize("key", ["peers", "remote_networks", "ike", "esp", "fix", "services", "session"])
def test_a_part_of_another_kind_has_an_example_too(key: str) -> None:
    text = edited(edited(VENUE, SERVICE), {key: "aes256"})
    found = {one.key: one.message for one in read_model(Venue, parse(text, file="x.yaml", folder=Path())).faults}
    assert f"write '{key}: " in found[key], found[key]
