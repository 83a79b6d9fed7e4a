"""What is public of trading systems, from their guides: `venues/catalogue/`. None is a venue: something is always blank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic import Field

from model.base import Part
from model.faults import Fault, InvalidInput, dotted, nearest
from model.folders import file_names
from model.reading import read_model
from model.source import Source, read
from model.values import Line
from model.venue import Venue
from model.venue_rules import check_venue
from ops.failure import BadInput
from ops.options import PROJECT

FOLDER = PROJECT / "venues" / "catalogue"


class Guide(Part):
    """A public document. Facts alone are taken from it."""

    title: Line = Field(description="Its title.", examples=["Connectivity Guide"])
    publisher: Line = Field(description="Who published it.", examples=["London Stock Exchange"])
    date: Line = Field(
        description="Its date or issue; of a page without one the day it was read.", examples=["May 2024"]
    )


class Entry(Part):
    """One system. In `venue` a value is known, or blank: the guide does not say it, and the venue's form will."""

    guides: tuple[Guide, ...] = Field(min_length=1, description="Where it is from.", examples=[[]])
    no_tunnel: Line | None = Field(default=None, description="Why this gateway is not the way to it.")
    notes: tuple[Line, ...] = Field(default=(), description="What is public and has no key.")
    venue: dict[str, Any] = Field(description="The keys of a venue file.", examples=[{}])

    @property
    def lines(self) -> tuple[str, ...]:
        """Whence it is, for the head of a file."""
        guides = (f"Public: {one.title} ({one.publisher}, {one.date})." for one in self.guides)
        return (*guides, *self.notes)


def names() -> list[str]:
    """The systems that there are."""
    return file_names(FOLDER)


def read_entry(name: str) -> Entry:
    """A system without its blanks.

    Raises:
        BadInput: there is no such system, or it is reached without a tunnel.
    """
    if name not in names():
        raise BadInput(f"{name} is not in the catalogue", advice=nearest(name, names()))
    entry, found = checked(name)
    if entry is None or found:
        raise InvalidInput(found)
    if entry.no_tunnel:
        raise BadInput(f"{name} is not reached through this gateway: {entry.no_tunnel}", advice="read its guide")
    return entry


@cache
def checked(name: str) -> tuple[Entry | None, tuple[Fault, ...]]:
    """A system without its blanks, and what is wrong in its file: a value that the model would refuse in a venue's file."""
    source = read(FOLDER / f"{name}.yaml")
    content = read_model(Entry, source)
    if content.model is None:
        return None, tuple(content.faults)
    known = _without_blanks(content.model.venue)
    return content.model.model_copy(update={"venue": known}), (*content.faults, *_refused(known, source))


def _refused(known: dict[str, Any], source: Source) -> Iterator[Fault]:
    """What is missing is a blank."""
    venue = replace(source, data={"name": source.file.rpartition("/")[2].removesuffix(".yaml"), **known}, node=None)
    content = read_model(Venue, venue)
    errors = [*content.faults, *(check_venue(content.model, venue, content.faulty) if content.model else ())]
    missing = {dotted(place) for place in content.places if venue.value(place) is None}
    yield from (one for one in errors if one.severity == "error" and one.key not in missing)


def _without_blanks(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_blanks(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _without_blanks(one) for key, one in value.items()}
    return {key: one for key, one in kept.items() if one not in (None, {}, [])}
