"""The walk: which layers there are, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from model.deployment import Connection
from ops.doctor import cloud, fix_ports, gateway, secret, tunnel
from ops.doctor.finding import Finding
from ops.doctor.patient import Patient

_CLIENT: tuple[Callable[[Patient], Finding], ...] = (
    cloud.credentials,
    cloud.stack,
    cloud.instance,
    cloud.address,
    cloud.agent,
    gateway.gateway,
)
_LOADED: tuple[Callable[[Patient, Connection], Finding], ...] = (secret.secret, gateway.engine)
_UP: tuple[Callable[[Patient, Connection], Finding], ...] = (
    tunnel.ike,
    tunnel.child_sa,
    tunnel.selectors,
    tunnel.traffic,
    tunnel.mtu,
)


def walk(patient: Patient) -> Iterator[Finding]:
    """Each layer that is well, from the outside in. Raises Broken at the first that is not."""
    for layer in _CLIENT:
        yield layer(patient)
    for connections in patient.deployment.groups.values():
        for connection in connections:
            for loaded in _LOADED:
                yield loaded(patient, connection)
        for up in _UP:
            yield up(patient, _in_use(patient, connections))
        yield from fix_ports.fix_ports(patient, _in_use(patient, connections))
    for connections in patient.deployment.groups.values():
        if len(connections) > 1:
            yield tunnel.standby(patient, connections)


def _in_use(patient: Patient, group: tuple[Connection, ...]) -> Connection:
    """The tunnel that the gateway runs the venue over: after a fail-over that is not the active one."""
    chosen = patient.seen.chosen.get(group[0].venue.name)
    return next((one for one in group if one.name == chosen), next(one for one in group if one.is_active))
