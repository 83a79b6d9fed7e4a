"""The connections that a venue opens to us: what our form says of them, and what an answer says, beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses
from typing import Literal

from model.client import Inbound
from model.deployment import Connection
from ops.form.answer import AnsweredCall


@dataclass(frozen=True, kw_only=True)
class CallPair:
    """A value of a call that the venue gave, and ours. `key` is the key below the call's name."""

    name: str
    key: Literal["from", "address", "port", ""]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    is_outside: bool = False

    @property
    def agrees(self) -> bool:
        """Whether both mean the same."""
        return self.ours == self.theirs


def address_of(connection: Connection, one: Inbound, public: str | None) -> str | None:
    """What the venue calls; None where that is not known yet."""
    if connection.awaits_address and not (one.host and connection.seen_from(one.host)):
        return None
    called = connection.called_at(one)
    return str(called) if called else public


def called_pairs(
    said: Sequence[AnsweredCall], connection: Connection, networks: Sequence[IPv4Network], public: str | None
) -> Iterator[CallPair]:
    """What the venue said of each call. A call that our file does not name has no key. `networks`: the venue's own."""
    left = list(connection.tunnel.inbound)
    for each in said:
        ours = next((one for one in left if _is_same(each, one)), None)
        callers = _texts(each.from_ or ())
        if ours is None:
            yield CallPair(name=each.name, key="", ours=(), theirs=(*callers, f"port {each.port or '?'}"))
            continue
        left.remove(ours)
        if each.from_:
            is_outside = not all(any(one.subnet_of(net) for net in networks) for one in each.from_)
            yield CallPair(name=ours.name, key="from", ours=_texts(ours.from_), theirs=callers, is_outside=is_outside)
        address = address_of(connection, ours, public)
        if each.address and address:
            yield CallPair(name=ours.name, key="address", ours=(address,), theirs=(str(each.address),))
        if each.port:
            yield CallPair(name=ours.name, key="port", ours=(str(ours.port),), theirs=(str(each.port),))


def _is_same(said: AnsweredCall, mine: Inbound) -> bool:
    return said.name.lower() == mine.name


def _texts(networks: Sequence[IPv4Network]) -> tuple[str, ...]:
    return tuple(str(one) for one in sorted(collapse_addresses(networks)))
