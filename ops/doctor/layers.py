"""Which layers there are, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from model.deployment import Connection
from ops.doctor import cloud, fix_ports, gateway, inbound, secret, tunnel
from ops.doctor.examination import Examination
from ops.doctor.finding import Finding
from ops.gateway.state import ASK

_CLIENT: tuple[Callable[[Examination], Finding], ...] = (
    cloud.credentials,
    cloud.stack,
    cloud.instance,
    cloud.address,
)
_LOADED: tuple[Callable[[Examination, Connection], Finding], ...] = (secret.secret, gateway.engine)
_UP: tuple[Callable[[Examination, Connection], Finding], ...] = (
    tunnel.ike,
    tunnel.child_sa,
    tunnel.selectors,
    tunnel.traffic,
    tunnel.mtu,
)


def examine(examination: Examination) -> Iterator[Finding]:
    """Each layer that is well, from the outside in. Raises Broken at the first that is not."""
    for layer in _CLIENT:
        yield layer(examination)
    yield cloud.agent(examination, _questions(examination))
    yield gateway.gateway(examination)
    for connections in examination.deployment.groups.values():
        for connection in connections:
            for loaded in _LOADED:
                yield loaded(examination, connection)
        for up in _UP:
            yield up(examination, _in_use(examination, connections))
        yield from fix_ports.fix_ports(examination, _in_use(examination, connections))
        yield from inbound.inbound(examination, _in_use(examination, connections))
    for connections in examination.deployment.groups.values():
        if len(connections) > 1:
            yield tunnel.standby(examination, connections)
    if examination.seen.astray:
        raise gateway.astray(examination)
    if examination.deployment.client.gateway.standby:
        yield gateway.standby(examination)
    if examination.unreached:
        # Last: trading does not need it.
        raise examination.unreached


def _questions(examination: Examination) -> Iterator[str]:
    """What is asked of every gateway that is well. The longest answer is the last: it may be cut off."""
    yield from (ASK, gateway.DISK)
    for connection in examination.deployment.connections:
        yield secret.of_gateway(examination, connection)
    yield from filter(None, (tunnel.open_connections(one) for one in examination.deployment.connections))
    yield from (tunnel.CLAMPS, tunnel.POLICIES)


def _in_use(examination: Examination, group: tuple[Connection, ...]) -> Connection:
    """The tunnel that the gateway runs the venue over: after a fail-over that is not the active one."""
    chosen = examination.seen.chosen.get(group[0].venue.name)
    return next((one for one in group if one.name == chosen), next(one for one in group if one.is_active))
