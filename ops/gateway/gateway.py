"""What a gateway says of itself: its state file, and the last changes in its journal, in one question."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.failure import Failure
from ops.gateway.session import Session

_MARK = "=="
_ASK = r"""
echo ==clock; date +%s
echo ==status; /usr/sbin/fixtunnel-status --json; echo
echo ==changes; journalctl --unit=fixtunnel-watch --output=short-unix --no-pager --lines=2000 2>/dev/null \
  | grep 'fixtunnel: ' | tail -n 60
exit 0
"""
_CHANGE = re.compile(r"^(?P<time>\d+)\.\d+ .*fixtunnel: (?P<tunnel>[A-Za-z][\w-]*): (?P<state>[\w-]+)$")


@dataclass(frozen=True, kw_only=True)
class Change:
    """A tunnel came into another state (Unix time)."""

    time: int
    tunnel: str
    state: str


@dataclass(frozen=True, kw_only=True)
class FixPort:
    """The gateway's last connection to a FIX port (Unix time). `up` is None where it has not tried since the tunnel came up."""

    up: bool | None
    milliseconds: float
    at: int


@dataclass(frozen=True, kw_only=True)
class TunnelSeen:
    """One tunnel. `state` is one of the gateway's own words; `psk` tells of a rotation; `tried` of the last repairs.

    `fix_ports` go by the endpoint's name, which is empty where a gateway of an earlier version speaks of the first one.
    """

    name: str
    state: str
    since: int
    ike_up: bool
    child_sa_since: int | None
    bytes_in: int | None
    bytes_out: int | None
    fix_ports: Mapping[str, FixPort]
    psk: str
    tried: tuple[str, ...]

    @property
    def child_up(self) -> bool:
        """Whether a child SA is there, for all networks or some, whether or not anything comes back through it."""
        return self.state in ("up", "partly-up", "one-way")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One look at a gateway. `clock` is its own and `written` its state's, in Unix time.

    `chosen` is the tunnel that each venue runs over, `why` why it is that one; `aws` what AWS does not take or give it.
    """

    clock: int
    written: int
    state: str
    reason: str
    engine: str
    tunnels: Mapping[str, TunnelSeen]
    chosen: Mapping[str, str]
    why: Mapping[str, str]
    aws: Mapping[str, str]
    changes: tuple[Change, ...]


def look(session: Session) -> Seen:
    """Ask a gateway.

    Raises:
        Unreachable: it does not answer.
        Failure: what it answers cannot be read.
    """
    ran = session.run(_ASK)
    parts = _parts(ran.out)
    try:
        status = json.loads(parts.get("status") or "{}")
        return _seen(status, int(parts["clock"]), parts.get("changes", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Failure("the gateway's answer cannot be read", evidence=(ran.out + ran.err)[-600:]) from None


def _seen(status: Mapping[str, Any], clock: int, journal: str) -> Seen:
    return Seen(
        clock=clock,
        written=int(status.get("time", 0)),
        state=str(status.get("state", "unknown")),
        reason=str(status.get("reason") or status.get("step") or ""),
        engine=str(status.get("engine", "running")),
        tunnels={name: _tunnel(name, facts) for name, facts in status.get("tunnels", {}).items()},
        chosen={venue: str(group["up"]) for venue, group in status.get("groups", {}).items()},
        why={venue: str(group["why"]) for venue, group in status.get("groups", {}).items()},
        aws={part: str(error) for part, error in status.get("aws", {}).items()},
        changes=_changes(journal),
    )


def _tunnel(name: str, facts: Mapping[str, Any]) -> TunnelSeen:
    return TunnelSeen(
        name=name,
        state=str(facts["state"]),
        since=int(facts.get("since", 0)),
        ike_up=bool(facts.get("ike_up")),
        child_sa_since=facts.get("child_sa_since"),
        bytes_in=facts.get("bytes_in"),
        bytes_out=facts.get("bytes_out"),
        fix_ports={endpoint: _fix_port(port) for endpoint, port in _fix_ports(facts).items()},
        psk=str(facts.get("psk", "current")),
        tried=tuple(str(one["what"]) for one in facts.get("tried", [])),
    )


def _fix_ports(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    former = facts.get("fix_port")
    ports: Mapping[str, Any] = facts.get("fix_ports", {"": former} if former else {})
    return ports


def _fix_port(port: Mapping[str, Any]) -> FixPort:
    return FixPort(up=port["up"], milliseconds=float(port["ms"] or 0), at=int(port["at"]))


def _parts(out: str) -> dict[str, str]:
    parts: dict[str, list[str]] = {}
    name = ""
    for line in out.splitlines():
        if line.startswith(_MARK):
            name = line.removeprefix(_MARK)
            parts[name] = []
        elif name:
            parts[name].append(line)
    return {name: "\n".join(lines) for name, lines in parts.items()}


def _changes(journal: str) -> tuple[Change, ...]:
    found = filter(None, map(_CHANGE.match, journal.splitlines()))
    return tuple(Change(time=int(one["time"]), tunnel=one["tunnel"], state=one["state"]) for one in found)
