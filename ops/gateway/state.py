"""What a gateway says of itself: its state file and its clock, in one question.

The types of the answer are the contract's, and are trusted no further. A gateway of another version says more, or less: what is
not known here is left out, and what it never said has a default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ops.failure import Failure
from ops.gateway.session import Session
from userdata import contract

Moment = Annotated[int, Field(strict=True, ge=0, lt=1 << 33)]
"""Unix time; further away is no time that a computer can show."""
_Octets = Annotated[int, Field(strict=True, ge=0, lt=1 << 63)]
_Text = Annotated[str, Field(strict=True)]
_Word = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z-]{0,39}$")]
"""A state. A newer gateway may have one that the contract here does not know: it is shown as it is."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SaidChange(_Said):
    """`contract.Change`."""

    at: Moment
    state: _Word


class SaidIncident(_Said):
    """`contract.Incident`."""

    at: Moment
    state: _Word
    until: Moment | None


class SaidPort(_Said):
    """`contract.FixPort`."""

    up: bool | None
    ms: Annotated[float, Field(ge=0, le=1e9)] | None
    at: Moment


class SaidTried(_Said):
    """`contract.Tried`."""

    what: _Text


class SaidPair(_Said):
    """`contract.Pair`."""

    ours: _Text
    theirs: _Text
    state: _Word
    hosts: tuple[_Text, ...] = ()


class SaidTunnel(_Said):
    """`contract.TunnelFacts`; a gateway of an earlier version speaks of one `fix_port`, and of no changes."""

    state: _Word
    since: Moment
    ike_up: bool
    child_sa_since: Moment | None
    bytes_in: _Octets | None
    bytes_out: _Octets | None
    fix_ports: dict[str, SaidPort] | None = None
    fix_port: SaidPort | None = None
    tried: tuple[SaidTried, ...]
    psk: _Word
    changes: tuple[SaidChange, ...] | None = None
    incident: SaidIncident | None = None
    pairs: tuple[SaidPair, ...] = ()
    silent_hosts: tuple[_Text, ...] = ()


class SaidChosen(_Said):
    """`contract.Chosen`."""

    up: _Text
    why: _Text


class SaidAgent(_Said):
    """`contract.AgentFacts`."""

    running: bool
    why: _Text


class SaidPartner(_Said):
    """`contract.PairFacts`: of two gateways, what the one that serves knows of both."""

    state: _Word
    heard: bool
    fit: Annotated[int, Field(strict=True, ge=0, le=2)]
    partner: _Text
    aws: _Text = ""
    held: bool = False


class SaidSession(_Said):
    """`contract.VenueSession`."""

    open: bool
    changes: Moment | None
    dates_until: date | None


class SaidCall(_Said):
    """`contract.InboundFacts`."""

    to: _Text
    sessions: Annotated[int, Field(strict=True, ge=0, lt=1 << 31)]
    state: _Word | None
    at: Moment


class SaidStatus(_Said):
    """`contract.Booting` or `contract.Watching`."""

    time: Moment = 0
    state: _Word = "unknown"
    reason: _Text | None = None
    step: _Text | None = None
    engine: _Text = "running"
    tunnels: dict[str, SaidTunnel] = {}
    groups: dict[str, SaidChosen] = {}
    aws: dict[str, _Text] = {}
    connections: bool = True
    agent: SaidAgent | None = None
    astray: tuple[_Text, ...] = ()
    pair: SaidPartner | None = None
    sessions: dict[str, SaidSession] = {}
    inbound: dict[str, dict[str, SaidCall]] = {}


_CLOCK: TypeAdapter[int] = TypeAdapter(Moment)
_MARK = "=="
_MOST = 256 * 1024
"""Characters of an answer; SSM itself passes on a tenth of them."""
ASK = r"""
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
    `lacks` has a clause for each pair of networks that is not there or not answered, while others are; `silent_hosts` are
    hosts of the venue's that do not answer, though the tunnel is up.
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
    lacks: tuple[str, ...] = ()
    silent_hosts: tuple[str, ...] = ()

    @property
    def child_up(self) -> bool:
        """Whether a child SA is there, for all networks or some, whether or not anything comes back through it."""
        return self.state in ("up", "partly-up", "one-way")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One look at a gateway. `clock` is its own and `written` its state's, in Unix time.

    `chosen` is the tunnel that each venue runs over, `why` why it is that one; `aws` which of its AWS calls failed.
    `connections` is whether its kernel tells of them; `no_sessions` why SSM's agent does not run there, empty where it does.
    `lines` is how its journal tells the changes. `astray` are the trading hosts' routes that do not lead to it, as
    `NETWORK in TABLE`. `sessions` are those of the venues whose hours it knows. `pair` is there where there are two gateways.
    `inbound` has what venues call, by venue and name.
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
    connections: bool
    no_sessions: str
    changes: tuple[StateChange, ...]
    lines: frozenset[str]
    astray: tuple[str, ...] = ()
    pair: SaidPartner | None = None
    sessions: Mapping[str, SaidSession] = field(default_factory=dict)
    inbound: Mapping[str, Mapping[str, SaidCall]] = field(default_factory=dict)


def look(session: Session) -> Seen:
    """Ask a gateway.

    Raises:
        Unreachable: it does not answer.
        Failure: what it answers cannot be read.
    """
    ran = session.run(ASK)
    parts = _parts(ran.out[:_MOST])
    try:
        return seen_in(
            SaidStatus.model_validate_json(parts.get("status") or "{}"), _CLOCK.validate_json(parts["clock"])
        )
    except (ValidationError, KeyError):
        raise Failure("the gateway's answer cannot be read", evidence=(ran.out + ran.err)[-600:]) from None


def seen_in(said: SaidStatus, clock: int) -> Seen:
    """What a gateway says of itself at a moment of its clock (Unix time)."""
    return Seen(
        clock=clock,
        written=said.time,
        state=said.state,
        reason=said.reason or said.step or "",
        engine=said.engine,
        tunnels={name: _tunnel(name, one) for name, one in said.tunnels.items()},
        chosen={venue: group.up for venue, group in said.groups.items()},
        why={venue: group.why for venue, group in said.groups.items()},
        aws=said.aws,
        connections=said.connections,
        no_sessions="" if said.agent is None or said.agent.running else said.agent.why or "its agent does not run",
        changes=_changes(said.tunnels),
        lines=frozenset(_lines(said.tunnels)),
        astray=said.astray,
        pair=said.pair,
        sessions=said.sessions,
        inbound=said.inbound,
    )


def _tunnel(name: str, said: SaidTunnel) -> TunnelSeen:
    former = {"": said.fix_port} if said.fix_port else {}
    ports = former if said.fix_ports is None else said.fix_ports
    return TunnelSeen(
        name=name,
        state=cast(contract.TunnelState, said.state),
        since=said.since,
        ike_up=said.ike_up,
        child_sa_since=said.child_sa_since,
        bytes_in=said.bytes_in,
        bytes_out=said.bytes_out,
        fix_ports={
            endpoint: FixPort(up=one.up, milliseconds=one.ms or 0, at=one.at) for endpoint, one in ports.items()
        },
        psk=cast(contract.PskState, said.psk),
        tried=tuple(one.what for one in said.tried),
        incident=cast(contract.Incident, said.incident.model_dump()) if said.incident else None,
        lacks=tuple(map(_lack, said.pairs)),
        silent_hosts=said.silent_hosts,
    )


def _lack(pair: SaidPair) -> str:
    between = f"between {pair.ours} and {pair.theirs}"
    if pair.state == "unanswered":
        return f"nothing comes back from {', '.join(pair.hosts)} {between}"
    return f"there is no child SA {between}"


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


def _lines(tunnels: Mapping[str, SaidTunnel]) -> Iterator[str]:
    """A gateway of an earlier version keeps no changes: its journal may tell of any."""
    yield from (change.line for change in _changes(tunnels))
    for name, tunnel in tunnels.items():
        if tunnel.changes is None:
            yield from (contract.said(contract.changed(name, state)) for state in get_args(contract.TunnelState))


def _changes(tunnels: Mapping[str, SaidTunnel]) -> tuple[StateChange, ...]:
    """Of all tunnels, the oldest first. A gateway of an earlier version keeps none."""
    found = [
        StateChange(time=one.at, tunnel=name, state=cast(contract.TunnelState, one.state))
        for name, tunnel in tunnels.items()
        for one in tunnel.changes or ()
    ]
    return tuple(sorted(found, key=lambda change: change.time))
