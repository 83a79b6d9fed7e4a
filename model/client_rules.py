"""What must hold between the values of one client file and the venues that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path as FilePath

from model.client import ExistingNetwork, NewNetwork, Tunnel
from model.deployment import Connection, Deployment
from model.faults import Fault, Path
from model.source import Source

_PRIVATE = [IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]


@dataclass(frozen=True)
class Case:
    """A client to check, with the place in the file of each of its connections."""

    deployment: Deployment
    source: Source

    @property
    def tunnels(self) -> Iterator[tuple[Path, Connection]]:
        """Each connection with the path of its tunnel in the file."""
        yield from ((("tunnels", index), connection) for index, connection in enumerate(self.deployment.connections))


Rule = Callable[[Case], Iterator[Fault]]


def check_client(deployment: Deployment, source: Source) -> list[Fault]:
    """Every fault of a client whose single values are right and whose venues and peers are there."""
    return [fault for rule in _RULES for fault in rule(Case(deployment, source))]


def _name(case: Case) -> Iterator[Fault]:
    name, stem = case.deployment.client.name, FilePath(case.source.file).stem
    if name != stem:
        yield case.source.fault(
            ("name",), f"differs from the file's name; write {stem}, or rename the file to {name}.yaml"
        )


def _names_of_tunnels(case: Case) -> Iterator[Fault]:
    seen: set[str] = set()
    for path, connection in case.tunnels:
        if connection.name.lower() in seen:
            message = f"would be called {connection.name}, as another is; give each tunnel a name of its own"
            yield case.source.fault((*path, "name"), message)
        seen.add(connection.name.lower())


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
    if mode == "private" and not _is_private(network):
        message = "is public, where the venue expects a private network; write one of 10/8, 172.16/12 or 192.168/16"
        yield case.source.fault((*path, "local_network"), message)
    if source and source not in network:
        yield case.source.fault((*path, "source_address"), f"lies outside {network}; write an address in it")
    if any(network.overlaps(remote) for remote in case.deployment.remote_networks):
        yield case.source.fault((*path, "local_network"), "overlaps a network of a venue's; check the venue's form")
    if not source and network.prefixlen < 30:
        message = f"is missing: {network} is a network; write the address in it that the gateway shall own"
        yield case.source.fault((*path, "source_address"), message)


def _network(case: Case) -> Iterator[Fault]:
    network = case.deployment.client.network
    if not isinstance(network, NewNetwork):
        return
    path = ("network", "cidr")
    if not _is_private(network.cidr):
        yield case.source.fault(path, "is public; write a private network such as 10.64.0.0/26")
    if not 16 <= network.cidr.prefixlen <= 28:
        yield case.source.fault(path, "is no size that AWS takes for a VPC; write a prefix length from /16 to /28")
    if any(network.cidr.overlaps(remote) for remote in case.deployment.remote_networks):
        yield case.source.fault(path, "overlaps a network of a venue's; choose another private network")


def _trading_hosts(case: Case) -> Iterator[Fault]:
    client = case.deployment.client
    for index, hosts in enumerate(client.trading_hosts):
        path = ("trading_hosts", index)
        if not _is_private(hosts):
            yield case.source.fault(path, "is public; trading hosts stand behind the gateway, in a private network")
        if any(hosts.overlaps(remote) for remote in case.deployment.remote_networks):
            yield case.source.fault(path, "overlaps a network of a venue's; it cannot be on both sides of the tunnel")
    if client.trading_hosts and not isinstance(client.network, ExistingNetwork):
        message = "need an existing network, where they are; write network: with vpc_id, subnet_id and route_table_ids"
        yield case.source.fault(("trading_hosts",), message)
    if isinstance(client.network, ExistingNetwork) and bool(client.network.route_table_ids) != bool(
        client.trading_hosts
    ):
        message = "go with trading_hosts: their route tables get the routes to the venues; write both or neither"
        yield case.source.fault(("network", "route_table_ids"), message)


def _engine(case: Case) -> Iterator[Fault]:
    gateway = case.deployment.client.gateway
    if gateway.openswan and gateway.engine != "openswan":
        yield case.source.fault(
            ("gateway", "openswan"), "has no use with engine: libreswan; remove it, or write engine: openswan"
        )
    for path, connection in case.tunnels:
        proposals = (connection.venue.ike.proposal, connection.venue.esp.proposal)
        if gateway.engine == "libreswan" and any(proposal.group == "modp1024" for proposal in proposals):
            message = f"asks for modp1024 ({connection.venue.name}), which libreswan does not have; ask the venue for modp2048"
            yield case.source.fault((*path, "venue"), message)
        modern = any(p.is_aead or (p.group or "").startswith("dh") for p in proposals)
        if gateway.engine == "openswan" and modern:
            message = f"asks for what OpenSwan lacks: AES-GCM or dh ({connection.venue.name}); write engine: libreswan"
            yield case.source.fault((*path, "venue"), message)


def _openswan_package(case: Case) -> Iterator[Fault]:
    package = case.deployment.client.gateway.openswan
    if not package:
        return
    if package.deb and package.apt:
        yield case.source.fault(("gateway", "openswan"), "names both a .deb and an apt source; leave one of them")
    for path, name in ((("deb",), package.deb), (("apt", "key"), package.apt and package.apt.key)):
        if name and not (case.deployment.folder / name).is_file():
            message = f"is not there; put the file at {case.deployment.folder / name}, or correct the path"
            yield case.source.fault(("gateway", "openswan", *path), message)


def _image(case: Case) -> Iterator[Fault]:
    client = case.deployment.client
    if client.gateway.ami:
        return
    production = [venue.name for venue in case.deployment.venues if venue.environment == "production"]
    message = "is not pinned: a newer image would make an unrelated deploy replace the gateway; write ami: ami-…"
    if production and client.account:
        yield case.source.fault(("gateway", "ami"), f"{message} (required in an account of yours with {production[0]})")
    else:
        yield case.source.fault(("gateway", "ami"), message, severity="warning")


def _places(case: Case) -> Iterator[Fault]:
    client = case.deployment.client
    if (
        isinstance(client.network, ExistingNetwork)
        and client.region
        and client.network.availability_zone[:-1] != client.region
    ):
        yield case.source.fault(("network", "availability_zone"), f"is not in {client.region}; check zone and region")
    for index, tunnel in enumerate(client.tunnels):
        if tunnel.secret and client.region and tunnel.secret.arn.split(":")[3] != client.region:
            message = f"is a secret of another region; the gateway reads from {client.region}: replicate it there"
            yield case.source.fault(("tunnels", index, "secret", "arn"), message)


def _elastic_ip(case: Case) -> Iterator[Fault]:
    elastic_ip = case.deployment.client.gateway.elastic_ip
    if elastic_ip is None:
        return
    path = ("gateway", "elastic_ip", "address")
    if any(elastic_ip.address in network for network in _PRIVATE):
        yield case.source.fault(path, "is private; write the public address of the allocation")
    if elastic_ip.address in case.deployment.peer_addresses:
        yield case.source.fault(path, "is the address of a venue's peer; write your own")


def _tags(case: Case) -> Iterator[Fault]:
    for key in case.deployment.client.tags:
        if key.lower().startswith(("aws:", "fixtunnel:")):
            yield case.source.fault(("tags", key), "begins with a prefix that is not free; choose another key")


def _is_private(network: IPv4Network) -> bool:
    return any(network.subnet_of(private) for private in _PRIVATE)


_RULES: tuple[Rule, ...] = (
    _name,
    _names_of_tunnels,
    _groups,
    _alike,
    _overlaps,
    _encryption_domain,
    _network,
    _trading_hosts,
    _engine,
    _openswan_package,
    _image,
    _places,
    _elastic_ip,
    _tags,
)
