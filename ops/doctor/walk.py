"""The walk: which layers there are, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from model.deployment import Connection
from ops.doctor import inside, outside, tunnel
from ops.doctor.finding import Finding
from ops.doctor.patient import Patient

_CLIENT: tuple[Callable[[Patient], Finding], ...] = (
    outside.credentials,
    outside.stack,
    outside.instance,
    outside.address,
    outside.agent,
    inside.gateway,
)
_LOADED: tuple[Callable[[Patient, Connection], Finding], ...] = (inside.secret, inside.engine)
_UP: tuple[Callable[[Patient, Connection], Finding], ...] = (
    tunnel.ike,
    tunnel.child_sa,
    tunnel.selectors,
    tunnel.traffic,
    tunnel.mtu,
    tunnel.fix_port,
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


def _in_use(patient: Patient, group: tuple[Connection, ...]) -> Connection:
    """The tunnel of a venue that is up, else the one that ought to be: after a fail-over that is not the active one."""
    states = {one.name: patient.seen.tunnels[one.name].state for one in group if one.name in patient.seen.tunnels}
    up = [one for one in group if states.get(one.name) == "up"]
    return (up or [one for one in group if one.is_active])[0]
