"""What must hold where two venue files lead to one gateway of a venue, as production's and the test system's do."""

from __future__ import annotations

from collections.abc import Iterator

from model.case import Case, Rule
from model.client import Secret
from model.deployment import Connection
from model.faults import Fault


def _one_psk(case: Case) -> Iterator[Fault]:
    """The engine, and the venue's, know one PSK for a pair of ids. Ours is the same in all."""
    first: dict[str, Connection] = {}
    for path, connection in case.tunnels:
        leader = first.setdefault(connection.peer.identity, connection)
        if _place(connection.tunnel.secret) == _place(leader.tunnel.secret) and connection.tunnel.secret:
            continue
        ids = f"{leader.name} has the same two ids, for which there is one PSK"
        if connection.tunnel.secret and leader.tunnel.secret:
            yield case.source.fault(
                (*path, "secret"), f"is another one than that of {leader.name}; {ids}: name one secret"
            )
        elif connection.venue.name != leader.venue.name:
            message = f"is not the same in both: {ids}; make one secret, and name it in both: secret: {{arn: …}}"
            yield case.source.fault((*path, "secret"), message)
        elif connection.peer.address != leader.peer.address:
            yield case.source.fault((*path,), f"needs the PSK of {leader.name}: {ids}", severity="warning")


def _place(secret: Secret | None) -> tuple[str, str] | None:
    return (secret.arn, secret.key or "") if secret else None


def _one_ike(case: Case) -> Iterator[Fault]:
    first: dict[object, Connection] = {}
    for path, connection in case.tunnels:
        leader = first.setdefault((connection.peer.address, connection.peer.identity), connection)
        for key in ("ike", "dpd"):
            if getattr(leader.venue, key) != getattr(connection.venue, key):
                message = (
                    f"has other values below {key} than {leader.venue.name}, behind the same gateway {connection.peer.address}; "
                    "one IKE SA serves both: write the same in both files"
                )
                yield case.source.fault((*path, "venue"), message)


SHARED_PEER_RULES: tuple[Rule, ...] = (_one_psk, _one_ike)
