"""What must hold between the tunnels of one client, and between each and its venue."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from model.case import Case, Rule, is_private
from model.client import Tunnel
from model.deployment import Connection
from model.faults import Fault, Path
from model.kept import psk_parameter


def _names_of_tunnels(case: Case) -> Iterator[Fault]:
    seen: set[str] = set()
    for path, connection in case.tunnels:
        # CloudFormation's names have letters and digits only; file systems and people overlook the case.
        name = psk_parameter(connection.name).lower()
        if name in seen:
            message = f"would be called {connection.name}, too like another; names that differ only in - and _ are one"
            yield case.source.fault((*path, "name"), message)
        seen.add(name)


def _groups(case: Case) -> Iterator[Fault]:
    peers: set[tuple[str, str]] = set()
    active: set[str] = set()
    for path, connection in case.tunnels:
        venue, label = connection.venue.name, connection.tunnel.peer
        if (venue, label) in peers:
            yield case.source.fault(
                (*path, "peer"), f"{label} of {venue} has a tunnel already; one tunnel for each peer"
            )
        elif connection.is_active and venue in active:
            yield case.source.fault(
                (*path, "role"),
                f"makes a second active tunnel to {venue}, whose networks one tunnel at a time can carry; write role: standby",
            )
        peers.add((venue, label))
        active |= {venue} if connection.is_active else set()
    for venue in case.deployment.groups.keys() - active:
        yield case.source.fault(
            ("tunnels",), f"have no active one to {venue}; leave out 'role: standby' on one of them"
        )


def _alike(case: Case) -> Iterator[Fault]:
    """A venue sees one client, whichever of its gateways it comes through: sessions and translations outlive a fail-over."""
    first: dict[str, Connection] = {}
    for path, connection in case.tunnels:
        leader = first.setdefault(connection.venue.name, connection)
        for key in ("local_network", "source_address"):
            if getattr(leader.tunnel, key) != getattr(connection.tunnel, key):
                message = f"differs from that of {leader.name}; all tunnels to {connection.venue.name} take the same"
                yield case.source.fault((*path, key), message)


def _overlaps(case: Case) -> Iterator[Fault]:
    earlier: list[Connection] = []
    for path, connection in case.tunnels:
        for other in earlier:
            both = _overlap(connection, other) if connection.venue.name != other.venue.name else None
            if both:
                message = f"has {both[0]}, which overlaps {both[1]} of {other.venue.name}; one address, one venue"
                yield case.source.fault((*path, "venue"), message)
        earlier.append(connection)


def _overlap(one: Connection, other: Connection) -> tuple[IPv4Network, IPv4Network] | None:
    pairs = ((mine, theirs) for mine in one.venue.remote_networks for theirs in other.venue.remote_networks)
    return next((pair for pair in pairs if pair[0].overlaps(pair[1])), None)


def _encryption_domain(case: Case) -> Iterator[Fault]:
    for path, connection in case.tunnels:
        tunnel, mode = connection.tunnel, connection.venue.encryption_domain
        given = [key for key in ("local_network", "source_address") if getattr(tunnel, key) is not None]
        if mode == "elastic-ip":
            for key in given:
                yield case.source.fault(
                    (*path, key), f"has no use: {connection.venue.name} knows us by the Elastic IP; remove it"
                )
        elif connection.awaits_address and not case.is_deployed:
            message = f"is missing: {connection.venue.name} assigns it, and fixtunnel form asks for it; write it when you have it"
            yield case.source.fault((*path, "local_network"), message, severity="warning")
        elif tunnel.local_network is None:
            whose = (
                "the address that the venue assigned to you"
                if mode == "assigned"
                else "your own stable private address"
            )
            message = f"is missing: {connection.venue.name} does not know us by the Elastic IP; write {whose}"
            yield case.source.fault((*path, "local_network"), message)
        else:
            yield from _local_network(case, path, tunnel, mode)


def _local_network(case: Case, path: Path, tunnel: Tunnel, mode: str) -> Iterator[Fault]:
    network, source = tunnel.local_network, tunnel.source_address
    assert network is not None
    if mode == "private" and not is_private(network):
        message = "is public; leave it if it is an address of your own, else write one of 10/8, 172.16/12 or 192.168/16"
        yield case.source.fault((*path, "local_network"), message, severity="warning")
    if source and source not in network:
        yield case.source.fault((*path, "source_address"), f"lies outside {network}; write an address in it")
    if any(network.overlaps(remote) for remote in case.deployment.remote_networks):
        yield case.source.fault((*path, "local_network"), "overlaps a network of a venue's; check the venue's form")
    if not source and network.prefixlen < 30:
        message = f"is missing: {network} is a network; write the address in it that the gateway shall own"
        yield case.source.fault((*path, "source_address"), message)


def _owned_twice(case: Case) -> Iterator[Fault]:
    for path, connection in case.tunnels:
        own = connection.source_address
        both = next((hosts for hosts in case.deployment.client.trading_hosts if own and own in hosts), None)
        if both:
            key = "source_address" if connection.tunnel.source_address else "local_network"
            message = (
                f"may be a trading host's: it lies in {both}, and the gateway owns it; make sure that no host has it"
            )
            yield case.source.fault((*path, key), message, severity="warning")


TUNNEL_RULES: tuple[Rule, ...] = (_names_of_tunnels, _groups, _alike, _overlaps, _encryption_domain, _owned_twice)
