"""The gateway's journal: what its program and its engine wrote."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Container, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from model.deployment import Deployment
from ops.aws.access import Access, understood
from userdata import contract


@dataclass(frozen=True, kw_only=True)
class Told:
    """One event (Unix time). `is_change`: a tunnel came into another state."""

    time: float
    text: str
    is_change: bool


def log_of(deployment: Deployment) -> contract.LogPlace:
    """Where in CloudWatch Logs a client's gateways write."""
    return contract.log_place(deployment.client.name, deployment.client.log_group)


@understood("logs filter_log_events")
def told(access: Access, place: contract.LogPlace, *, since: float) -> list[Told]:
    """What the client's gateways logged since a moment, the oldest first. Raises NotThere without a log group."""
    streams = {"logGroupName": place.group, "logStreamNames": [place.said]}
    found = access.pages("logs", "filter_log_events", "events", **streams, startTime=int(since * 1000))
    return [_told(_moment(one["timestamp"]), str(one["message"])) for one in found]


def _moment(milliseconds: float) -> float:
    """Raises ValueError or OverflowError where that is no time."""
    return datetime.fromtimestamp(milliseconds / 1000).timestamp()


def _told(time: float, message: str) -> Told:
    try:
        event: contract.Event = json.loads(message)
        return Told(time=time, text=str(event["said"]), is_change="state" in event)
    except (ValueError, LookupError, TypeError, RecursionError):
        return Told(time=time, text=message, is_change=False)


_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LINE = re.compile(r"^(?P<time>[0-9]{1,10}\.[0-9]{1,9}) \S+ (?P<who>[^\s\[:]+)(\[\d+\])?: (?P<text>.*)$")
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


def command(since: str, around: Iterable[str] | None) -> str:
    """What the gateway runs: these lines of its journal with what is around each, or everything where none are given.

    SSM returns 24,000 characters at most, and an engine that gets no answer writes that in minutes: so the gateway
    chooses, and the newest lines are kept.
    """
    span = f"-{since[:-1]}{_UNITS[since[-1]]}"
    units = f"_SYSTEMD_UNIT={contract.WATCH_UNIT} + _SYSTEMD_UNIT={contract.BOOT_UNIT} + _COMM=pluto"
    journal = f"journalctl {units} --since={span} --output=short-unix --no-pager | grep -v '^-- '"
    if around is None:
        return f"{journal} | tail -c 23000"
    marks = " ".join(f"-e {shlex.quote(line)}" for line in sorted(around))
    chosen = f"grep -F -B{_BEFORE} -A{_AFTER} {marks} | grep -v '^--$'"
    return f"{journal} | {chosen} | tail -c 23000" if marks else "true"


def read(out: str, marks: Container[str]) -> list[Entry]:
    """The lines, of which `marks` are changes; the first may be cut, and is then left out."""
    found = filter(None, map(_LINE.match, out.splitlines()))
    return [Entry(time=float(one["time"]), text=one["text"], is_change=one["text"] in marks) for one in found]


def told_entry(told: Told) -> Entry:
    """What the gateway logged to CloudWatch, as its journal has it."""
    return Entry(time=told.time, text=contract.said(told.text), is_change=told.is_change)
