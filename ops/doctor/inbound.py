"""What the venue calls: each connection that it may open has its line, by what the gateway saw."""

from __future__ import annotations

from collections.abc import Iterator

from model.client import Inbound
from model.deployment import Connection
from ops.doctor.examination import Examination
from ops.doctor.finding import Broken, Finding
from ops.gateway.state import SaidCall
from ops.gateway.status import called

_IN_VAIN = {
    "unanswered": (
        "nothing answers there",
        "see that the host is up, that its security group lets the venue's networks in, and that its subnet's route table leads "
        "them to the gateway",
    ),
    "refused": ("nothing listens there", "start the FIX engine, or correct the host and port in the client file"),
}


def inbound(examination: Examination, connection: Connection) -> Iterator[Finding]:
    """Each that is well, or was not called; then, as the first that is broken, one that was called in vain."""
    known = examination.seen.inbound.get(connection.venue.name, {})
    in_vain: list[tuple[Inbound, SaidCall]] = []
    for one in connection.tunnel.inbound:
        said = known.get(one.name)
        if said and said.state in _IN_VAIN:
            in_vain.append((one, said))
            continue
        evidence = f"{_where(examination, connection, one)}: {called(said, examination.seen.clock)}"
        yield Finding(layer="inbound", tunnel=connection.name, evidence=evidence, asked=said is not None)
    for one, said in in_vain[:1]:
        what, advice = _IN_VAIN[said.state or ""]
        raise Broken(
            "inbound",
            f"the venue called {_where(examination, connection, one)}, and {what}",
            side="us",
            cause=f"inbound-{said.state}",
            tunnel=connection.name,
            evidence="\n".join(f"{each.name}: {called(told, examination.seen.clock)}" for each, told in in_vain),
            advice=advice,
        )


def _where(examination: Examination, connection: Connection, one: Inbound) -> str:
    address = connection.called_at(one) or examination.stack.address
    return f"{one.name} ({address}:{one.port} to {one.to})"
