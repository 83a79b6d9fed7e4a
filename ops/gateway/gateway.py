"""What a gateway says of itself: its state file and its clock, in one question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from ops.failure import Failure
from ops.gateway.session import Session
from userdata import contract

_MARK = "=="
_ASK = r"""
echo ==clock; date +%s
echo ==status; /usr/sbin/fixtunnel-status --json; echo
exit 0
"""


@dataclass(frozen=True, kw_only=True)
class StateChange:
    """A tunnel came into another state (Unix time)."""

    time: int
    tunnel: str
    state: contract.TunnelState

    @property
    def line(self) -> str:
        """How the gateway's journal tells it."""
        return contract.said(contract.changed(self.tunnel, self.state))


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
    state: contract.TunnelState
    since: int
    ike_up: bool
    child_sa_since: int | None
    bytes_in: int | None
    bytes_out: int | None
    fix_ports: Mapping[str, FixPort]
    psk: contract.PskState
    tried: tuple[str, ...]
    incident: contract.Incident | None

    @property
    def child_up(self) -> bool:
        """Whether a child SA is there, for all networks or some, whether or not anything comes back through it."""
        return self.state in ("up", "partly-up", "one-way")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One look at a gateway. `clock` is its own and `written` its state's, in Unix time.

    `chosen` is the tunnel that each venue runs over, `why` why it is that one; `aws` what AWS does not take or give it.
    `lines` is how its journal tells the changes.
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
    changes: tuple[StateChange, ...]
    lines: frozenset[str]


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
        return _seen(status, int(parts["clock"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Failure("the gateway's answer cannot be read", evidence=(ran.out + ran.err)[-600:]) from None


def _seen(status: Mapping[str, Any], clock: int) -> Seen:
    tunnels: Mapping[str, contract.TunnelFacts] = status.get("tunnels", {})
    groups: Mapping[str, contract.Chosen] = status.get("groups", {})
    return Seen(
        clock=clock,
        written=int(status.get("time", 0)),
        state=str(status.get("state", "unknown")),
        reason=str(status.get("reason") or status.get("step") or ""),
        engine=str(status.get("engine", "running")),
        tunnels={name: _tunnel(name, facts) for name, facts in tunnels.items()},
        chosen={venue: group["up"] for venue, group in groups.items()},
        why={venue: group["why"] for venue, group in groups.items()},
        aws={part: str(error) for part, error in status.get("aws", {}).items()},
        changes=_changes(tunnels),
        lines=frozenset(_lines(tunnels)),
    )


def _tunnel(name: str, facts: contract.TunnelFacts) -> TunnelSeen:
    return TunnelSeen(
        name=name,
        state=facts["state"],
        since=facts["since"],
        ike_up=facts["ike_up"],
        child_sa_since=facts["child_sa_since"],
        bytes_in=facts["bytes_in"],
        bytes_out=facts["bytes_out"],
        fix_ports={endpoint: _fix_port(port) for endpoint, port in _fix_ports(facts).items()},
        psk=facts["psk"],
        tried=tuple(one["what"] for one in facts["tried"]),
        incident=facts.get("incident"),
    )


def _fix_ports(facts: contract.TunnelFacts) -> Mapping[str, contract.FixPort]:
    """A gateway of an earlier version speaks of the first one, and not of its name."""
    if "fix_ports" in facts:
        return facts["fix_ports"]
    former = cast(Mapping[str, contract.FixPort | None], facts).get("fix_port")
    return {"": former} if former else {}


def _fix_port(port: contract.FixPort) -> FixPort:
    return FixPort(up=port["up"], milliseconds=port["ms"] or 0, at=port["at"])


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


def _lines(tunnels: Mapping[str, contract.TunnelFacts]) -> Iterator[str]:
    """A gateway of an earlier version keeps no changes: its journal may tell of any."""
    yield from (change.line for change in _changes(tunnels))
    for name, facts in tunnels.items():
        if "changes" not in facts:
            yield from (contract.said(contract.changed(name, state)) for state in get_args(contract.TunnelState))


def _changes(tunnels: Mapping[str, contract.TunnelFacts]) -> tuple[StateChange, ...]:
    """Of all tunnels, the oldest first. A gateway of an earlier version keeps none."""
    found = [
        StateChange(time=one["at"], tunnel=name, state=one["state"])
        for name, facts in tunnels.items()
        for one in facts.get("changes", [])
    ]
    return tuple(sorted(found, key=lambda change: change.time))
