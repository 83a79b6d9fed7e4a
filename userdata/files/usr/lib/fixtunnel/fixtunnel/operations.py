"""What may change while the gateway stays: the restart window, how a new PSK is taken, where FIX answers, and for whom.

It lies in a parameter of Systems Manager, because another user data would mean another gateway. The last answer is kept
on disk: AWS may be away, at boot too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FILE = Path("/var/lib/fixtunnel/operations.json")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Window:
    """A span of the week: the days on which it begins, and two times of day (`hh:mm`) in an IANA time zone."""

    days: tuple[str, ...]
    start: str
    end: str
    timezone: str

    def is_open(self, at: float) -> bool:
        """Whether it is open at a Unix time. One that ends before it begins runs past midnight.

        In a time zone that this distribution does not know it never is: another one's would open it in somebody's session.
        """
        if self.zone is None:
            return False
        local = datetime.fromtimestamp(at, self.zone)
        clock = local.strftime("%H:%M")
        if self.start < self.end:
            return self._begins_on(local) and self.start <= clock < self.end
        began_yesterday = self._begins_on(local - timedelta(days=1)) and clock < self.end
        return began_yesterday or (self._begins_on(local) and clock >= self.start)

    def _begins_on(self, day: datetime) -> bool:
        return _DAYS[day.weekday()] in self.days

    @property
    def zone(self) -> ZoneInfo | None:
        """Its time zone; None where it is unknown here (Debian 13 keeps former names in a package of its own)."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return None


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


@dataclass(frozen=True)
class Operations:
    """All of it. `endpoints` has each venue's FIX acceptors, the primary first; `hosts` the networks behind the gateway,
    and `route_tables` the tables whose routes lead them to it.

    Without a window none is open, and nothing was read yet.
    """

    window: Window | None = None
    psk_in_window: bool = False
    endpoints: Mapping[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    route_tables: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether anything was read."""
        return self.window is not None

    def may_restart(self, at: float) -> bool:
        """Whether the client allows a restart of something that works, at a Unix time."""
        return self.window is not None and self.window.is_open(at)

    def endpoints_of(self, venue: str) -> tuple[Endpoint, ...]:
        """A venue's FIX acceptors."""
        return self.endpoints.get(venue, ())


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
    )


def _endpoints(raw: Mapping[str, Any]) -> dict[str, tuple[Endpoint, ...]]:
    """A text of an earlier version has the first endpoint of each venue only, and not its name."""
    former = {venue: [["primary", *place]] for venue, place in raw["fix"].items()}
    told = raw.get("endpoints", former)
    return {venue: tuple(Endpoint(str(n), str(h), int(p)) for n, h, p in each) for venue, each in told.items()}


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
