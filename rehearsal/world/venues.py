"""The venues of a client, as put up beyond the edge: each with its exchange, and a gateway for each tunnel to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from model.deployment import Connection, Deployment
from rehearsal.world.edge import Edge
from rehearsal.world.network import Namespace
from rehearsal.world.venue import ClientSide, Exchange, VenueGateway


@dataclass(frozen=True)
class VenueSide:
    """One venue as put up: its exchange, and the gateway of each tunnel by the tunnel's name."""

    exchange: Exchange
    gateways: dict[str, VenueGateway]


@contextmanager
def venue_sides(
    *,
    deployment: Deployment,
    edge: Edge,
    elastic_ip: IPv4Address,
    psks: dict[str, bytes],
    run_id: str,
    run_dir: Path,
) -> Iterator[dict[str, VenueSide]]:
    """Put up every venue of a client, mirrored from its file; by the venue's name. Two venues at one address are one gateway.

    Args:
        elastic_ip: the client's address, as its venues know it.
        psks: the PSK of each tunnel, as the venue knows it.
        run_dir: where the gateways' configurations and logs go.
    """
    with ExitStack() as parts:
        at: dict[IPv4Address, VenueGateway] = {}

        def gateway(connection: Connection, exchange: Exchange, space: str) -> VenueGateway:
            behind = at.get(connection.peer.address)
            if behind is None:
                edge.attach_peer(namespace=parts.enter_context(Namespace(space)), address=connection.peer.address)
            made = parts.enter_context(
                VenueGateway(
                    venue=connection.venue,
                    label=connection.tunnel.peer,
                    namespace=behind.namespace.name if behind else space,
                    exchange=exchange,
                    client=_client(connection, elastic_ip),
                    psk=psks[connection.name],
                    run_dir=run_dir,
                    behind=behind,
                )
            )
            at.setdefault(connection.peer.address, made)
            return made

        sides: dict[str, VenueSide] = {}
        for number, (name, connections) in enumerate(deployment.groups.items()):
            venue = connections[0].venue
            exchange = parts.enter_context(Exchange(venue=venue, namespace=f"ft{run_id}-x{number}"))
            spaces = {c.name: f"ft{run_id}-{number}{c.tunnel.peer.lower()}" for c in connections}
            sides[name] = VenueSide(exchange, {c.name: gateway(c, exchange, spaces[c.name]) for c in connections})
        yield sides


def _client(connection: Connection, elastic_ip: IPv4Address) -> ClientSide:
    network = connection.local_network or IPv4Network(elastic_ip)
    return ClientSide(
        address=elastic_ip,
        networks=(network, *connection.more_networks),
        identity=connection.tunnel.local_id or str(elastic_ip),
    )
