"""What may change while the gateway stays: the restart window, how a new PSK is taken, where FIX answers, and for whom.

It lies in a parameter of Systems Manager, because another user data would mean another gateway. The last answer is kept
on disk: AWS may be away, at boot too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fixtunnel import hours
from fixtunnel.hours import Hours, Window

FILE = Path("/var/lib/fixtunnel/operations.json")


@dataclass(frozen=True)
class Endpoint:
    """A FIX acceptor of a venue's: the venue's name for it, and where it listens."""

    name: str
    host: str
    port: int

    @property
    def place(self) -> tuple[str, int]:
        """Where a socket connects to."""
        return self.host, self.port


@dataclass(frozen=True, order=True)
class Ports:
    """Ports that hosts reach, from the first to the last. `protocol` is tcp or udp."""

    protocol: str
    first: int
    last: int


@dataclass(frozen=True)
class Inbound:
    """What a venue calls: from these networks, this address and port. It reaches this host and port.

    `called` is empty for the address that the gateway owns, `host` for the gateway itself.
    """

    name: str
    callers: tuple[str, ...]
    called: str
    port: int
    host: str
    host_port: int


@dataclass(frozen=True)
class Operations:
    """All of it. `endpoints` has each venue's FIX acceptors, the primary first; `hosts` the networks behind the gateway,
    and `route_tables` the tables whose routes lead them to it. `hours` has when venues trade, as far as known; `inbound` what
    each venue calls; `unprobed` what hosts reach besides and the watch must not connect to.

    Without a window none is open, and nothing was read yet.
    """

    window: Window | None = None
    psk_in_window: bool = False
    endpoints: Mapping[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    route_tables: tuple[str, ...] = ()
    hours: Mapping[str, Hours] = field(default_factory=dict)
    inbound: Mapping[str, tuple[Inbound, ...]] = field(default_factory=dict)
    unprobed: Mapping[str, tuple[Ports, ...]] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether anything was read."""
        return self.window is not None

    def may_restart(self, at: float) -> bool:
        """Whether the client allows a restart of something that works, at a Unix time: not while a venue trades on a special
        date, of which no window that recurs each week knew."""
        is_special = any(one.is_special(at) for one in self.hours.values())
        return self.window is not None and self.window.is_open(at) and not is_special

    def may_trade(self, venue: str, at: float) -> bool:
        """Whether a venue is in session at a Unix time, or may be: its hours are not known."""
        return venue not in self.hours or self.hours[venue].is_open(at)

    def inbound_of(self, venue: str) -> tuple[Inbound, ...]:
        """What a venue calls."""
        return self.inbound.get(venue, ())

    def endpoints_of(self, venue: str) -> tuple[Endpoint, ...]:
        """A venue's FIX acceptors."""
        return self.endpoints.get(venue, ())

    def open_of(self, venue: str) -> tuple[Ports, ...]:
        """All ports that hosts reach at a venue."""
        probed = (Ports("tcp", endpoint.port, endpoint.port) for endpoint in self.endpoints_of(venue))
        return (*probed, *self.unprobed.get(venue, ()))


def parsed(text: str) -> Operations:
    """From the parameter's text.

    Raises:
        ValueError, KeyError, TypeError: it is not what we write.
    """
    raw = json.loads(text)
    window = raw["restart_window"]
    return Operations(
        window=Window(tuple(window["days"]), window["start"], window["end"], window["timezone"]),
        psk_in_window=raw["psk_rotation"] == "in-window",
        endpoints=_endpoints(raw),
        hosts=tuple(map(str, raw.get("trading_hosts", ()))),
        route_tables=tuple(map(str, raw.get("route_tables", ()))),
        hours={str(venue): hours.parsed(told) for venue, told in raw.get("hours", {}).items()},
        inbound={str(venue): tuple(map(_inbound, each)) for venue, each in raw.get("inbound", {}).items()},
        unprobed={str(venue): tuple(map(_ports, each)) for venue, each in raw.get("unprobed", {}).items()},
    )


def _inbound(raw: Sequence[Any]) -> Inbound:
    name, callers, called, port, host, host_port = raw
    return Inbound(str(name), tuple(map(str, callers)), str(called), int(port), str(host), int(host_port))


def _endpoints(raw: Mapping[str, Any]) -> dict[str, tuple[Endpoint, ...]]:
    """A text of an earlier version has the first endpoint of each venue only, and not its name."""
    former = {venue: [["primary", *place]] for venue, place in raw["fix"].items()}
    told = raw.get("endpoints", former)
    return {venue: tuple(Endpoint(str(n), str(h), int(p)) for n, h, p in each) for venue, each in told.items()}


def _ports(text: str) -> Ports:
    """`443`, `20-21`, `udp/5000`."""
    protocol, _, numbers = text.rpartition("/")
    first, _, last = numbers.partition("-")
    return Ports(protocol or "tcp", int(first), int(last or first))


def remembered(path: Path = FILE) -> Operations:
    """The last that was read; nothing that needs a window where nothing was."""
    try:
        return parsed(path.read_text())
    except (OSError, ValueError, KeyError, TypeError):
        return Operations()


def remember(text: str, path: Path = FILE) -> Operations:
    """Keep what was read, in one step.

    Raises:
        ValueError, KeyError, TypeError: it is not what we write; the last is kept.
    """
    told = parsed(text)
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)
    return told
