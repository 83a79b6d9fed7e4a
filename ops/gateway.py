"""What a gateway says of itself: its state, its engine's SAs, its last changes, in one question."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.failure import Failure
from ops.session import Session

_MARK = "=="
_ASK = r"""
echo ==clock; date +%s
echo ==status; /usr/sbin/fixtunnel-status --json; echo
echo ==traffic; ipsec trafficstatus 2>/dev/null
echo ==states; ipsec whack --status 2>/dev/null | grep -E 'STATE_|ESTABLISHED_' | head -n 60
echo ==engine; ipsec whack --status >/dev/null 2>&1 && echo alive
echo ==changes; journalctl --unit=fixtunnel-watch --output=short-unix --no-pager --lines=2000 2>/dev/null \
  | grep 'fixtunnel: ' | tail -n 60
exit 0
"""
_TRAFFIC = re.compile(r'"(?P<name>[^"]+)".*add_time=(?P<added>\d+).*inBytes=(?P<bytes_in>\d+).*outBytes=(?P<out>\d+)')
_CHANGE = re.compile(r"^(?P<time>\d+)\.\d+ .*fixtunnel: (?P<tunnel>[A-Za-z][\w-]*): (?P<state>[\w-]+)$")


@dataclass(frozen=True, kw_only=True)
class ChildSa:
    """The youngest child SA of a tunnel, or of one of its parts. `added` is Unix time."""

    added: int
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """A tunnel came into another state (Unix time)."""

    time: int
    tunnel: str
    state: str


@dataclass(frozen=True, kw_only=True)
class TunnelSeen:
    """One tunnel. `state` is the gateway's own word; `facts` all that its state file has about it."""

    name: str
    state: str
    since: int
    ike_up: bool
    children: tuple[ChildSa, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bytes_in(self) -> int:
        """Octets from the venue in the present child SAs."""
        return sum(child.bytes_in for child in self.children)

    @property
    def bytes_out(self) -> int:
        """Octets to the venue in the present child SAs."""
        return sum(child.bytes_out for child in self.children)

    @property
    def added(self) -> int | None:
        """When the oldest of the present child SAs was made: the last time that all were made anew."""
        return min((child.added for child in self.children), default=None)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One look at a gateway. `clock` is its own, in Unix time."""

    clock: int
    state: str
    reason: str
    engine_alive: bool
    tunnels: Mapping[str, TunnelSeen]
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
        clock = int(parts["clock"])
    except (ValueError, KeyError):
        raise Failure("the gateway's answer cannot be read", evidence=(ran.out + ran.err)[-600:]) from None
    return Seen(
        clock=clock,
        state=status.get("state", "unknown"),
        reason=str(status.get("reason") or status.get("step") or ""),
        engine_alive="alive" in parts.get("engine", ""),
        tunnels=_tunnels(status.get("tunnels", {}), parts),
        changes=_changes(parts.get("changes", "")),
    )


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


def _tunnels(status: Mapping[str, Any], parts: Mapping[str, str]) -> dict[str, TunnelSeen]:
    states, traffic = parts.get("states", ""), parts.get("traffic", "")
    return {
        name: TunnelSeen(
            name=name,
            state=str(facts.get("state", "unknown")),
            since=int(facts.get("since", 0)),
            ike_up=facts.get("state") in ("ike", "up") or _ike_up(name, states),
            children=_children(name, traffic),
            facts=facts,
        )
        for name, facts in status.items()
    }


def _ike_up(name: str, states: str) -> bool:
    up = r"STATE_(MAIN_(I4|R3)|PARENT_[IR]3|V2_ESTABLISHED_IKE_SA)\b|ESTABLISHED_IKE_SA\b"
    return any(f'"{name}"' in line and re.search(up, line) for line in states.splitlines())


def _children(name: str, traffic: str) -> tuple[ChildSa, ...]:
    """The youngest SA of each part (`name/1x1`): an older one of the same part only waits for its end."""
    newest: dict[str, ChildSa] = {}
    for found in filter(None, map(_TRAFFIC.search, traffic.splitlines())):
        part = found["name"]
        if part == name or part.startswith(f"{name}/"):
            child = ChildSa(added=int(found["added"]), bytes_in=int(found["bytes_in"]), bytes_out=int(found["out"]))
            if part not in newest or newest[part].added <= child.added:
                newest[part] = child
    return tuple(newest.values())


def _changes(journal: str) -> tuple[Change, ...]:
    found = filter(None, map(_CHANGE.match, journal.splitlines()))
    return tuple(Change(time=int(one["time"]), tunnel=one["tunnel"], state=one["state"]) for one in found)
