"""A new venue file: its text, with a comment where a line of a form has another name, or a choice has consequences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model.base import Part
from model.faults import Fault, InvalidInput, in_order
from model.faults import Path as Key
from model.reading import read_model
from model.source import Source, parse, typed_here
from model.venue import Esp, Ike, Venue
from model.venue_rules import check_venue
from ops.files.newclient import refuse_another
from ops.files.writing import write_new
from ops.files.yamltext import flow, schema_line

_COMMENTS = {
    "environment": "production: orders are real; a client with an account must pin its image",
    "connection": "the tunnel's name on the gateway",
    "peers": "the venue's VPN gateways",
    "remote_networks": "what is behind them: the venue's encryption domain",
    "ike": "phase 1",
    "esp": "phase 2",
    "fix": "its FIX acceptors",
    "services": "its ports that are not FIX",
    "session": "when it trades",
    "maintenance": "when it may be away",
}
_DOMAINS = {
    "elastic-ip": "the venue sees your public address inside the tunnel too",
    "private": "the venue sees an address of your own, which you choose",
    "assigned": "the venue gives you the address that it wants to see",
}
_GROUPS = ("peers", "ike", "encryption_domain", "fix", "services", "session", "contacts")
"""Each begins after an empty line."""
_PARTS: dict[str, type[Part]] = {"ike": Ike, "esp": Esp}
_WIDE = 110
"""Columns of a line that is still one."""


@dataclass(frozen=True, kw_only=True)
class NewVenue:
    """The answers that make a venue file. `said` are the keys of the file, as far as they are known; `guides` say whence."""

    name: str
    said: Mapping[str, Any]
    guides: tuple[str, ...] = ()

    def having(self, key: Key, value: Any) -> NewVenue:
        """With this value at that place."""
        return replace(self, said=_put(self.said, key, value))

    def at(self, key: Key) -> Any:
        """The value at that place; None where there is none yet."""
        found: Any = self.said
        for part in key:
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def text(self, folder: Path) -> str:
        """The file, for that folder."""
        lines = [schema_line("venue", folder), *(f"# {line}" for line in self.guides)]
        said = {"name": self.name, **self.said}
        for key in Venue.model_fields:
            if key in said:
                value = _in_order(said[key], _PARTS[key]) if key in _PARTS else said[key]
                lines += ["", *_lines(key, value)] if key in _GROUPS else _lines(key, value)
        return "\n".join(lines) + "\n"


def _put(holder: Mapping[str, Any], key: Key, value: Any) -> dict[str, Any]:
    first, *rest = key
    held = holder.get(str(first))
    inner = _put(held if isinstance(held, Mapping) else {}, tuple(rest), value) if rest else value
    return {**holder, str(first): inner}


def _in_order(said: Mapping[str, Any], part: type[Part]) -> dict[str, Any]:
    """As the model has them; what it does not have comes last, and is refused."""
    known = [key for key in part.model_fields if key in said]
    return {key: said[key] for key in (*known, *(key for key in said if key not in known))}


def _lines(key: str, value: Any) -> Iterator[str]:
    about = _DOMAINS.get(value, "") if key == "encryption_domain" else _COMMENTS.get(key, "")
    comment = f"   # {about}" if about else ""
    plain = f"{key}: {flow(value)}"
    is_list_of_parts = isinstance(value, list | tuple) and any(isinstance(one, dict) for one in value)
    if not (is_list_of_parts or key == "peers" or len(plain + comment) > _WIDE) or not isinstance(value, list | dict):
        yield plain + comment
        return
    yield f"{key}:{comment}"
    if isinstance(value, dict):
        yield from (f"  {name}: {flow(one)}" for name, one in value.items())
    else:
        yield from (f"  - {flow(one)}" for one in value)


def faults(venue: NewVenue, *, venues: Path) -> tuple[Fault, ...]:
    """What is wrong with the venue as far as it is known, and what is worth a warning."""
    try:
        source = parse(venue.text(venues), file=typed_here(_path(venue, venues)), folder=venues)
    except InvalidInput as invalid:
        return invalid.faults
    content = read_model(Venue, source)
    checked = check_venue(content.model, source, content.faulty) if content.model else []
    strays = list(_strays(venue, source))
    instead = {fault.key.removesuffix("id") + "address" for fault in strays}
    return in_order([*(one for one in (*content.faults, *checked) if one.key not in instead), *strays])


def _strays(venue: NewVenue, source: Source) -> Iterator[Fault]:
    """Identities of gateways that have no address, where others have one: the label is wrong."""
    peers = venue.at(("peers",)) or {}
    named = [label for label, peer in peers.items() if "address" in peer]
    for label in peers.keys() - named if named else ():
        message = f"is for gateway {label}, which you did not name; you named {', '.join(named)}"
        yield source.fault(("peers", label, "id"), message)


def write(venue: NewVenue, *, venues: Path) -> tuple[Path, tuple[Fault, ...]]:
    """Write the file, if it is right; return its path, and what is worth a warning in it.

    Raises:
        BadInput: there is such a venue already.
        InvalidInput: the answers have faults; nothing is written.
    """
    found = faults(venue, venues=venues)
    if any(one.severity == "error" for one in found):
        raise InvalidInput(found)
    refuse_another(venue.name, venues)
    path = _path(venue, venues)
    venues.mkdir(parents=True, exist_ok=True)
    write_new(path, venue.text(venues).encode())
    return path, found


def _path(venue: NewVenue, venues: Path) -> Path:
    return venues / f"{venue.name}.yaml"
