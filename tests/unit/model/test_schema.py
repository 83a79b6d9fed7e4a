"""The JSON Schemas for editors: current, named in every file, and of one mind with the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from model.schema import schemas
from tests.paths import CLIENTS, ROOT, VENUES
from tests.unit.model.example import CLIENT, VENUE, edited, plain

FILES = [*sorted(CLIENTS.glob("*.yaml")), *sorted(VENUES.glob("*.yaml"))]


def schema_for(kind: str) -> Any:
    return json.loads((ROOT / f"model/schema/{kind}.schema.json").read_text())


def test_current() -> None:
    for path, content in schemas().items():
        assert path.read_text() == content, "run `python -m model.schema`"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_name_their_schema(path: Path) -> None:
    first, _, _ = path.read_text().partition("\n")
    kind = path.parent.name.removesuffix("s")
    assert first == f"# yaml-language-server: $schema=../model/schema/{kind}.schema.json"
    assert (path.parent / first.partition("=")[2]).exists()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_are_valid(path: Path) -> None:
    jsonschema.validate(plain(path.read_text()), schema_for(path.parent.name.removesuffix("s")))


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("client", "regoin", "eu-west-2"),
        ("client", "region", "london"),
        ("client", "network", "{cidr: hello}"),
        ("client", "tunnels.0.peer", "backup"),
        ("client", "tunnels.0.name", "'a b'"),
        ("client", "tags", "{a: 'x;y'}"),
        ("venue", "ike.proposal", "aes256-sha9;modp2048"),
        ("venue", "fix.0.port", "'5001'"),
        ("venue", "fix.0.port", "70000"),
        ("venue", "dpd.delay", "soon"),
        ("venue", "peers.A.address", "5"),
    ],
)
def test_an_editor_sees_what_the_model_refuses(kind: str, key: str, value: str) -> None:
    data = json.loads(edited({"client": CLIENT, "venue": VENUE}[kind], {key: value}))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema_for(kind))
