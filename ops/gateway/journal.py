"""The gateway's journal: what its program and its engine wrote."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LINE = re.compile(r"^(?P<time>\d+\.\d+) \S+ (?P<who>[^\s\[:]+)(\[\d+\])?: (?P<text>.*)$")
_CHANGE = re.compile(r"^fixtunnel: \S+: [\w-]+$")
_BEFORE, _AFTER = 6, 2


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line. `is_change`: a tunnel came into another state."""

    time: float
    text: str
    is_change: bool

    @property
    def when(self) -> str:
        """Its time, here."""
        return datetime.fromtimestamp(self.time).astimezone().strftime("%Y-%m-%d %H:%M:%S")

    def as_dict(self) -> dict[str, Any]:
        """For a machine to read."""
        return asdict(self)


def command(since: str, *, everything: bool) -> str:
    """What the gateway runs: the changes with the lines around them, or everything.

    SSM returns 24,000 characters at most, and an engine that gets no answer writes that in minutes: so the gateway
    chooses, and the newest lines are kept.
    """
    span = f"-{since[:-1]}{_UNITS[since[-1]]}"
    units = "_SYSTEMD_UNIT=fixtunnel-watch.service + _SYSTEMD_UNIT=fixtunnel-boot.service + _COMM=pluto"
    journal = f"journalctl {units} --since={span} --output=short-unix --no-pager | grep -v '^-- '"
    around = f"grep -E -B{_BEFORE} -A{_AFTER} 'fixtunnel: [^ ]+: [a-z-]+$' | grep -v '^--$'"
    return " | ".join([journal, *([] if everything else [around]), "tail -c 23000"])


def read(out: str) -> list[Entry]:
    """The lines; the first may be cut, and is then left out."""
    found = filter(None, map(_LINE.match, out.splitlines()))
    return [
        Entry(time=float(one["time"]), text=one["text"], is_change=bool(_CHANGE.match(one["text"]))) for one in found
    ]


def told_entry(time: float, text: str) -> Entry:
    """What the gateway told to CloudWatch, as its journal has it."""
    line = f"fixtunnel: {text}"
    return Entry(time=time, text=line, is_change=bool(_CHANGE.match(line)))
