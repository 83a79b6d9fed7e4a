"""The pages that are made from the code are as the code makes them, and have all of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args

import pytest

from handbook.documents import DOCUMENTS
from handbook.pages import PAGES
from model.base import Part
from model.client import Client
from model.venue import Venue
from ops.command import load
from ops.verbs import VERBS
from tests.paths import ROOT


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_as_the_code_makes_it(path: str) -> None:
    assert (ROOT / path).read_text() == PAGES[path](), "python -m handbook writes it"


def leaves_of(command: Any) -> Iterable[Any]:
    """A verb, or each of its family."""
    return getattr(command, "commands", {"": command}).values()


def test_every_json_of_a_verb_is_described() -> None:
    described = {name for one in DOCUMENTS for name in re.findall(r"`fixtunnel (\w+)[^`]*--json`", one.title)}
    leaves = ((verb.name.split()[0], one) for verb in VERBS for one in leaves_of(load(verb.name)))
    with_json = {name for name, leaf in leaves for param in leaf.params if "--json" in param.opts}
    assert described == with_json


def parts(model: type[Part]) -> Iterator[type[Part]]:
    yield model
    for field in model.fields_by_key().values():
        kinds = [field.annotation]
        while kinds:
            kind = kinds.pop()
            kinds += get_args(kind)
            if isinstance(kind, type) and issubclass(kind, Part):
                yield from parts(kind)


@pytest.mark.parametrize("model", [Client, Venue])
def test_every_field_says_what_it_is(model: type[Part]) -> None:
    silent = [
        f"{part.__name__}.{name}"
        for part in parts(model)
        for name, field in part.fields_by_key().items()
        if not field.description
    ]
    assert not silent
