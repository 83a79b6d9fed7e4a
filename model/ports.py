"""Ports of a venue's host: one of TCP, a range of them, or of UDP."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal

from pydantic import GetPydanticSchema
from pydantic_core import core_schema

from model.values import wrong

QUIET_MINUTES = 5
"""For how long the gateway remembers a UDP flow without a datagram, at least (`60-fixtunnel.conf`)."""
_MOST = 65535
_LONGEST = 60
"""Of a text that may be ports in another notation."""
_TEXT = re.compile(r"(?:(tcp|udp)/)?([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?", re.ASCII)
_REMEDY = "write a port such as 443, a range such as 7001-7004, or udp/5000"


@dataclass(frozen=True, order=True)
class Ports:
    """From `first` to `last`, both in it."""

    protocol: Literal["tcp", "udp"]
    first: int
    last: int

    def __str__(self) -> str:
        """As a file has it: `443`, `7001-7004`, `udp/5000`."""
        return ("" if self.protocol == "tcp" else "udp/") + self.numbers

    @property
    def numbers(self) -> str:
        """Without the protocol."""
        return str(self.first) if self.is_one else f"{self.first}-{self.last}"

    @property
    def is_one(self) -> bool:
        """Whether it is no range."""
        return self.first == self.last

    def holds(self, other: Ports) -> bool:
        """Whether all of the other's are among them."""
        return self.protocol == other.protocol and self.first <= other.first and other.last <= self.last

    def at(self, host: IPv4Address) -> str:
        """In words: `10.0.0.20:443`, `10.0.0.20:5000 (UDP)`."""
        return f"{host}:{self.numbers}" + ("" if self.protocol == "tcp" else " (UDP)")


def tcp(port: int) -> Ports:
    """One port of TCP."""
    return Ports("tcp", port, port)


def respelled(text: str) -> str:
    """As we write it: `5000-5010/UDP`, `UDP 5000 to 5010`, `443 (HTTPS)`; empty where it is none that we know."""
    plain = re.sub(r"[ (]*\((?!tcp|udp)[^()]*\)$", "", text.lower()) if len(text) <= _LONGEST else ""
    plain = re.sub(r"\s*(?:-|–|to|\.\.)\s*", "-", re.sub(r"[ :/(),]*ports?[ :]*", " ", plain).strip())
    found = re.fullmatch(r"(?:(tcp|udp)[ :/]*)?([0-9]{1,9}(?:-[0-9]{1,9})?)(?:[ :/(]*(tcp|udp)\)?)?", plain, re.ASCII)
    if found is None or (found[1] and found[3]):
        return ""
    return found[2] if "udp" not in (found[1], found[3]) else f"udp/{found[2]}"


def merged(several: Iterable[Ports]) -> tuple[Ports, ...]:
    """In order, those that overlap as one."""
    apart: list[Ports] = []
    for one in sorted(several):
        last = apart[-1] if apart else None
        if last and last.protocol == one.protocol and one.first <= last.last:
            apart[-1] = Ports(one.protocol, last.first, max(last.last, one.last))
        else:
            apart.append(one)
    return tuple(apart)


def parse(value: Any) -> Ports:
    """From a file's value.

    Raises:
        PydanticCustomError: it is none; the error says what would be right.
    """
    if isinstance(value, Ports):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    found = _TEXT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        ours = respelled(value) if isinstance(value, str) else ""
        raise (
            wrong("is in another notation", f"write {ours}") if _TEXT.fullmatch(ours) else wrong("is no port", _REMEDY)
        )
    first, last = int(found[2]), int(found[3] or found[2])
    if max(first, last) > _MOST:
        raise wrong(f"is no port: the last one is {_MOST}", _REMEDY)
    if first > last:
        raise wrong("ends before it begins", f"write {last}-{first}")
    return Ports("udp" if found[1] == "udp" else "tcp", first, last)


def _plain(ports: Ports) -> int | str:
    """One port of TCP is a number, as before there were others."""
    return int(str(ports)) if str(ports).isdigit() else str(ports)


_JSON = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": _MOST},
        {"type": "string", "pattern": "^((tcp|udp)/)?[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?$"},
    ]
}
PortText = Annotated[
    Ports,
    GetPydanticSchema(
        lambda _source, _handler: core_schema.no_info_plain_validator_function(
            parse, serialization=core_schema.plain_serializer_function_ser_schema(_plain)
        ),
        lambda _schema, _handler: _JSON,
    ),
]
