"""How a client is, from the stack down to the FIX port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from model.deployment import Connection, Deployment
from model.faults import counted
from ops.aws import Account, AwsFailure, Instance, Stack
from ops.aws.stack import NEVER_WAS
from ops.duration import ago
from ops.failure import Failure
from ops.gateway.journal import log_of
from ops.gateway.kept import kept_state
from ops.gateway.session import Unreachable, session_to
from ops.gateway.state import FixPort, SaidCall, SaidPartner, SaidSession, Seen, look
from userdata import keyed
from userdata.contract import Incident, LogPlace
from userdata.hours import WARNS_DAYS

_TROUBLING = ("psk-refused", "on-trial", *keyed.WORDS)
STALE_SECONDS = 30
"""The watch writes the state every second."""


@dataclass(frozen=True, kw_only=True)
class TunnelStatus:
    """One tunnel. Ages are in seconds; what is not known is None. `fix_ports` has words for each FIX endpoint by its name,
    `inbound` for each connection that the venue opens."""

    name: str
    venue: str
    role: str
    state: str
    for_seconds: int | None
    ike_up: bool
    child_sa_age: int | None
    bytes_in: int | None
    bytes_out: int | None
    fix_ports: Mapping[str, str]
    psk: str | None
    last_incident: str | None
    inbound: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ClientStatus:
    """One client. `trouble` is why something could not be seen, or what is wrong with it as a whole; `notes` what does not
    keep it from trading."""

    client: str
    stack: str
    instance: str
    address: str
    gateway: str
    tunnels: tuple[TunnelStatus, ...]
    trouble: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether the gateway holds the address and a tunnel to each venue is up."""
        venues = {tunnel.venue for tunnel in self.tunnels}
        up = {tunnel.venue for tunnel in self.tunnels if tunnel.state == "up"}
        return bool(venues) and venues == up and not self.trouble

    @property
    def lacking(self) -> str:
        """What keeps a new gateway from being as it should; empty too where it only waits for a PSK."""
        if self.trouble:
            return self.trouble
        ready = {tunnel.venue for tunnel in self.tunnels if tunnel.state in ("up", "waiting-for-psk")}
        return ", ".join(f"{one.name} is {one.state}" for one in self.tunnels if one.venue not in ready)

    def as_dict(self) -> dict[str, Any]:
        """For a machine to read."""
        return {**asdict(self), "well": self.is_well}


def unseen(client: str, trouble: str) -> ClientStatus:
    """A client of which nothing can be seen, and why."""
    return ClientStatus(client=client, stack="", instance="", address="", gateway="", tunnels=(), trouble=trouble)


def status_of(account: Account, deployment: Deployment) -> ClientStatus:
    """Look at one client. What cannot be seen is named in `trouble`; nothing is raised for it."""
    client = deployment.client.name
    stack = account.find_stack(client)
    if stack is None or stack.status in NEVER_WAS:
        return _blank(deployment, stack="not deployed" if stack is None else stack.status, trouble="not deployed")
    known: dict[str, Any] = {"stack": stack.status, "address": stack.address}
    instance = account.instance(stack.instance_id) if stack.instance_id else None
    if instance is None:
        return _blank(deployment, **known, instance="none", trouble="the stack has no instance")
    known["instance"] = f"{instance.id} {instance.state}" + (f", {instance.checks}" if instance.checks else "")
    if instance.state != "running":
        return _blank(deployment, **known, trouble=f"the instance is {instance.state}")
    try:
        seen, late, notes = _look(account, log_of(deployment), instance.id)
    except Failure as failure:
        return _blank(deployment, **known, trouble=failure.what)
    return ClientStatus(
        client=client,
        **known,
        gateway=f"{seen.state} {seen.reason}".strip(),
        tunnels=tuple(_tunnel(connection, seen) for connection in deployment.connections),
        trouble="; ".join((*late, *_troubles(stack, instance, seen))),
        notes=(*notes, *_notes(seen), *_lacks(seen)),
    )


def _look(account: Account, log: LogPlace, instance_id: str) -> tuple[Seen, tuple[str, ...], tuple[str, ...]]:
    """How the gateway is: by its own word, or as it last reported to AWS. Then what is wrong with that, and what is to be known.

    Raises Failure where there is neither.
    """
    try:
        return look(session_to(account, instance_id)), (), ()
    except (Unreachable, AwsFailure) as failure:
        with suppress(AwsFailure):
            if kept := kept_state(account.access, log, instance_id):
                told = f"{failure.what}: this is what the gateway reported to AWS {ago(kept.age)} ago"
                # Its watch is not late by our clock: it wrote this when it was told.
                seen = replace(kept.seen, written=kept.seen.clock)
                return (seen, (told,), ()) if kept.is_late else (seen, (), (told,))
        raise


def _troubles(stack: Stack, instance: Instance, seen: Seen) -> Iterator[str]:
    if stack.address not in instance.public_ips:
        yield f"the instance does not hold {stack.address}"
    if seen.written and seen.clock - seen.written > STALE_SECONDS:
        yield f"its watch has not written for {ago(seen.clock - seen.written)}"
    if seen.engine != "running":
        yield "the IPsec engine does not answer"
    if not seen.connections:
        yield "its kernel does not tell of connections"
    yield from (f"AWS does not take or give {part}" for part in seen.aws)
    yield from (f"no route to the gateway for {route}" for route in seen.astray)
    yield from (f"{one.name}: {one.psk}" for one in seen.tunnels.values() if one.psk in _TROUBLING)


def _lacks(seen: Seen) -> Iterator[str]:
    for one in seen.tunnels.values():
        yield from (f"{one.name}: {lack}" for lack in one.lacks)
        yield from (f"{one.name}: the venue's host {host} does not answer" for host in one.silent_hosts)


def _notes(seen: Seen) -> Iterator[str]:
    if seen.no_sessions:
        yield f"no sessions by SSM: {seen.no_sessions}"
    if seen.pair:
        yield standby(seen.pair)
    today = datetime.fromtimestamp(seen.clock, UTC).date()
    for venue, one in seen.sessions.items():
        if one.dates_until and (days := (one.dates_until - today).days) <= WARNS_DAYS:
            when = f"end on {one.dates_until}, in {days} days" if days >= 0 else f"ended on {one.dates_until}"
            yield f"the dates of {venue} {when}: write the next ones into its file, and deploy"


def standby(pair: SaidPartner) -> str:
    """How the other gateway of two is, as this one knows it."""
    if pair.held:
        return "no gateway takes over: a person holds the address where it is"
    if not pair.partner:
        return "no gateway stands by: the other gateway is not known yet"
    if not pair.heard:
        return f"no gateway stands by: {pair.partner} is not heard"
    if not pair.fit:
        return f"no gateway stands by: {pair.partner} could not serve"
    return f"{pair.partner} stands by" + (", with something amiss" if pair.fit == 1 else "")


def _blank(deployment: Deployment, *, trouble: str, **known: Any) -> ClientStatus:
    tunnels = tuple(_unseen(connection) for connection in deployment.connections)
    given = {"instance": "", "address": "", "gateway": "", **known}
    return ClientStatus(client=deployment.client.name, tunnels=tunnels, trouble=trouble, **given)


def _unseen(connection: Connection) -> TunnelStatus:
    return TunnelStatus(
        name=connection.name,
        venue=connection.venue.name,
        role=connection.tunnel.role,
        state="not seen",
        for_seconds=None,
        ike_up=False,
        child_sa_age=None,
        bytes_in=None,
        bytes_out=None,
        fix_ports={},
        psk=None,
        last_incident=None,
    )


def _tunnel(connection: Connection, seen: Seen) -> TunnelStatus:
    found = seen.tunnels.get(connection.name)
    if found is None:
        return _unseen(connection)
    return TunnelStatus(
        name=connection.name,
        venue=connection.venue.name,
        role=connection.tunnel.role,
        state=found.state,
        for_seconds=max(0, seen.clock - found.since) if found.since else None,
        ike_up=found.ike_up,
        child_sa_age=max(0, seen.clock - found.child_sa_since) if found.child_sa_since else None,
        bytes_in=found.bytes_in if found.child_up else None,
        bytes_out=found.bytes_out if found.child_up else None,
        fix_ports={
            # What the gateway tells comes last: it may follow a file of before.
            **{one.name: "not probed" for one in connection.venue.endpoints if one.why_unprobed},
            **{
                name: _fix_port(port, seen.clock, seen.sessions.get(connection.venue.name))
                for name, port in found.fix_ports.items()
            },
        },
        psk=found.psk,
        last_incident=incident(found.incident, seen.clock),
        inbound=_inbound(connection, seen),
    )


def _inbound(connection: Connection, seen: Seen) -> dict[str, str]:
    """Of the tunnel that its venue runs over: the others carry no call."""
    venue = connection.venue.name
    if seen.chosen.get(venue, connection.name) != connection.name:
        return {}
    known = seen.inbound.get(venue, {})
    return {one.name: called(known.get(one.name), seen.clock) for one in connection.tunnel.inbound}


def called(call: SaidCall | None, clock: int) -> str:
    """How the last call of a venue went."""
    if call is None:
        return "not known"
    if call.state is None:
        return "not called yet"
    if call.state == "open":
        return f"{counted(call.sessions, 'session')} open"
    return f"{_CALLS.get(call.state, call.state)}, {ago(max(0, clock - call.at))} ago"


_CALLS = {
    "ended": "no session open: the last one ended",
    "unanswered": "called, and the host did not answer",
    "refused": "called, and nothing listened",
}


def _fix_port(port: FixPort, clock: int, session: SaidSession | None) -> str:
    """The gateway's own last connection to it."""
    if session and not session.open:
        return f"venue closed, opens in {ago(session.changes - clock)}" if session.changes else "venue closed"
    if port.up is None:
        return "not tried yet"
    return f"{'up' if port.up else 'down'}, {ago(max(0, clock - port.at))} ago"


def incident(last: Incident | None, now: int) -> str | None:
    """The last time that a tunnel was up and then was not; None where its gateway knows of none."""
    if last is None:
        return None
    lasted = "and still is" if last["until"] is None else f"for {ago(last['until'] - last['at'])}"
    return f"{ago(now - last['at'])} ago: {last['state']} {lasted}"
