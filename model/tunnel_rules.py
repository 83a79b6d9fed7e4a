"""What must hold between the tunnels of one client, and between each and its venue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

from model.adoption import psk_parameter
from model.client import NewNetwork, Secret, Tunnel
from model.deployment import Connection
from model.faults import Fault, Path
from model.identity import meaning, without_spaces
from model.networks import Networks
from model.rules import Case, Rule
from model.values import is_private

# Amazon VPC User Guide, "Subnet CIDR blocks": network, router, DNS, future use; and the last.
_TAKEN = {0: "network address", 1: "router", 2: "resolver", 3: "reserved address", -1: "broadcast address"}


def taken_in(subnet: IPv4Network) -> dict[IPv4Address, str]:
    """The addresses of a subnet that AWS keeps, and what each is."""
    return {subnet[at]: what for at, what in _TAKEN.items() if subnet.num_addresses > 4}


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
                (*path, "peer"),
                f"is taken: gateway {label} of {venue} has a tunnel already; one tunnel for each peer",
            )
        elif connection.is_active and venue in active:
            yield case.source.fault(
                (*path, "role"),
                f"makes a second active tunnel to {venue}, whose networks one tunnel at a time can carry; write role: standby",
            )
        peers.add((venue, label))
        active |= {venue} if connection.is_active else set()
    for venue in case.deployment.groups.keys() - active if case.is_whole else ():
        yield case.source.fault(
            ("tunnels",), f"have no active one to {venue}; leave out 'role: standby' on one of them"
        )


_OURS_ALIKE = (
    "tunnel.local_network",
    "tunnel.source_address",
    "tunnel.host_networks",
    "tunnel.mapped_hosts",
    "tunnel.inbound",
)


def _alike(case: Case) -> Iterator[Fault]:
    """A venue sees one client, whichever of its gateways it comes through: sessions and translations outlive a fail-over."""
    first: dict[str, Connection] = {}
    for path, connection in case.tunnels:
        leader = first.setdefault(connection.venue.name, connection)
        for key in (one.removeprefix("tunnel.") for one in _OURS_ALIKE):
            if getattr(leader.tunnel, key) != getattr(connection.tunnel, key):
                message = f"differs from that of {leader.name}; all tunnels to {connection.venue.name} take the same"
                yield case.source.fault((*path, key), message)


def _overlaps(case: Case) -> Iterator[Fault]:
    earlier: dict[str, Networks] = {}
    found: dict[str, str] = {}
    for path, connection in case.tunnels:
        name, networks = connection.venue.name, connection.venue.remote_networks
        if name not in earlier:
            found[name] = next(_overlap(networks, earlier), "")
            earlier[name] = Networks(networks)
        if found[name]:
            yield case.source.fault((*path, "venue"), found[name])


def _overlap(networks: Iterable[IPv4Network], earlier: Mapping[str, Networks]) -> Iterator[str]:
    for mine in networks:
        for venue, others in earlier.items():
            if theirs := others.overlapped_by(mine):
                yield f"has {mine}, which overlaps {theirs} of {venue}; one address, one venue"


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
    if mode == "private" and not is_private(network) and not any(_unusable(network)):
        message = "is public; leave it if it is an address of your own, else write one of 10/8, 172.16/12 or 192.168/16"
        yield case.source.fault((*path, "local_network"), message, severity="warning")
    if source and source not in network:
        yield case.source.fault((*path, "source_address"), f"lies outside {network}; write an address in it")
    if theirs := case.deployment.overlapped_by(network):
        yield case.source.fault((*path, "local_network"), f"overlaps {theirs}; check the venue's form")
    if not source and network.prefixlen < 30:
        message = f"is missing: {network} is a network; write the address in it that the gateway shall own"
        yield case.source.fault((*path, "source_address"), message)


def _host_networks(case: Case) -> Iterator[Fault]:
    """Hosts keep their addresses in these: they are among the trading hosts, and in no other part of the domain."""
    hosts = case.deployment.client.trading_hosts
    for path, connection in case.tunnels:
        domain = Networks([connection.local_network] if connection.local_network else ())
        for index, network in enumerate(connection.tunnel.host_networks):
            place = (*path, "host_networks", index)
            if other := domain.overlapped_by(network):
                yield case.source.fault(place, f"overlaps {other}, which is in this tunnel already; leave one out")
            if not any(network.subnet_of(one) for one in hosts):
                message = "lies in none of the trading_hosts, so no host of it reaches the venue; write it there too"
                yield case.source.fault(place, message)
            domain.add(network)


def _mapped_hosts(case: Case) -> Iterator[Fault]:
    """Each address for one host alone: it is no host's own, nor the gateway's, nor another's."""
    trading = case.deployment.client.trading_hosts
    for path, connection in case.tunnels:
        network, kept = connection.local_network, connection.tunnel.host_networks
        hosts, seen = Networks((*filter(None, [network]), *kept)), Networks((*trading, *kept))
        for index, one in enumerate(connection.tunnel.mapped_hosts):
            place = (*path, "mapped_hosts", index)
            if one.hosts.prefixlen != one.seen_as.prefixlen:
                message = f"is not as large as {one.hosts}, which it stands for; write /{one.hosts.prefixlen} there too"
                yield case.source.fault((*place, "seen_as"), message)
            if other := hosts.overlapped_by(one.hosts):
                yield case.source.fault((*place, "hosts"), f"overlaps {other}, which the venue sees in another way")
            if not any(one.hosts.subnet_of(network) for network in trading):
                message = "lies in none of the trading_hosts, so no host of it reaches the venue; write it there too"
                yield case.source.fault((*place, "hosts"), message)
            for why in _not_assignable(case, connection, one.seen_as, seen):
                yield case.source.fault((*place, "seen_as"), f"{why}; write the address that the venue assigned")
            hosts.add(one.hosts)
            seen.add(one.seen_as)
            yield from _wrong(case, (*place, "seen_as"), one.seen_as)


def _not_assignable(case: Case, connection: Connection, one: IPv4Network, taken: Networks) -> Iterator[str]:
    own, domain = connection.source_address, connection.local_network
    if own and own in one:
        yield "is the gateway's own" if one.num_addresses == 1 else f"holds {own}, which is the gateway's own"
    elif domain and domain.overlaps(one) and not one.subnet_of(domain):
        yield f"is wider than local_network, {domain}, and holds it"
    if other := taken.overlapped_by(one):
        yield f"overlaps {other}, which other hosts have"
    if theirs := case.deployment.overlapped_by(one):
        yield f"overlaps {theirs}"
    yield from _unusable(one)


def _owned_twice(case: Case) -> Iterator[Fault]:
    """Trading hosts are named by their subnets, mostly: what lies in one may be a host's, or what AWS has taken there."""
    for path, connection in case.tunnels:
        own, network = connection.source_address, connection.local_network
        if own is None or network is None:
            continue
        key = "source_address" if connection.tunnel.source_address else "local_network"
        is_named = connection.tunnel.source_address or network.prefixlen == 32
        found = sorted(_clash(own, hosts) for hosts in case.deployment.client.trading_hosts if own in hosts)
        for severity, why in found[:1]:
            message = why if is_named else f"gives the gateway {own}, which {why}"
            yield case.source.fault((*path, key), message, severity=severity)


def _clash(own: IPv4Address, hosts: IPv4Network) -> tuple[str, str]:
    """How bad it is, and why."""
    taken = taken_in(hosts)
    if own in taken:
        return "error", f"is the {taken[own]} of {hosts}: the gateway must not own it; write another address"
    if hosts.num_addresses == 1:
        return "error", "is in trading_hosts too: a host and the gateway cannot both have it; write another address"
    return (
        "warning",
        f"may be a trading host's: it lies in {hosts}, and the gateway owns it; make sure that no host has it",
    )


def _hosts_of_the_domain(case: Case) -> Iterator[Fault]:
    """A single address is the gateway's, and no host keeps it."""
    for path, connection in case.tunnels:
        network = connection.tunnel.local_network
        if network is None or network.prefixlen == 32:
            continue
        held = [str(hosts) for hosts in case.deployment.client.trading_hosts if hosts.overlaps(network)]
        if held:
            message = (
                f"overlaps trading_hosts ({', '.join(held)}): the venue sees each host in it by its own address, not "
                "translated; make sure that its firewall lets them in"
            )
            yield case.source.fault((*path, "local_network"), message, severity="warning")


# What we are known by must not cut the gateway off. What only the instance knows (its router, its resolver, its own private
# address) its boot refuses: `fixtunnel/clash.py`.
_UNUSABLE = {
    IPv4Network("0.0.0.0/8"): "means no host",
    IPv4Network("127.0.0.0/8"): "is loopback, which stays on each host",
    IPv4Network("169.254.0.0/16"): "is link-local: AWS's metadata, DNS and time are there",
    IPv4Network("224.0.0.0/4"): "is multicast, which is no host's",
    IPv4Network("240.0.0.0/4"): "is reserved, or broadcast",
}
_OURS = "write the address that the venue knows you by"


def _unusable_networks(case: Case) -> Iterator[Fault]:
    """This reads nothing but the address: a fault elsewhere must not hide it."""
    for path, connection in case.tunnels:
        for why in _unusable(connection.local_network):
            yield case.source.fault((*path, "local_network"), f"{why}; {_OURS}")


def _unusable_sources(case: Case) -> Iterator[Fault]:
    for path, connection in case.tunnels:
        own = connection.tunnel.source_address
        if own and connection.venue.encryption_domain != "elastic-ip":
            for why in _unusable(IPv4Network(own)):
                yield case.source.fault((*path, "source_address"), f"{why}; {_OURS}")


def _of_tunnels(case: Case) -> Iterator[Fault]:
    for path, connection in case.tunnels:
        tunnel = connection.tunnel
        if connection.local_network is None:
            continue
        if tunnel.local_network:
            yield from _wrong(case, (*path, "local_network"), tunnel.local_network)
        if tunnel.source_address:
            yield from _wrong(case, (*path, "source_address"), IPv4Network(tunnel.source_address))


def _of_elastic_ip(case: Case) -> Iterator[Fault]:
    elastic_ip, path = case.deployment.client.gateway.elastic_ip, ("gateway", "elastic_ip", "address")
    if elastic_ip is None:
        return
    for why in _unusable(IPv4Network(elastic_ip.address)):
        yield case.source.fault(path, f"{why}; write the public address of the allocation")
    if theirs := case.deployment.overlapped_by(IPv4Network(elastic_ip.address)):
        yield case.source.fault(path, f"lies in {theirs}; write your own")


def _of_peers(case: Case) -> Iterator[Fault]:
    """A venue's own networks are checked in its file."""
    for path, connection in case.tunnels:
        for venue in case.deployment.venues:
            network = next((one for one in venue.remote_networks if connection.peer.address in one), None)
            if network and venue.name != connection.venue.name:
                message = f"has its gateway {connection.peer.address} in {network} of {venue.name}: IKE would go into that tunnel"
                yield case.source.fault((*path, "venue"), f"{message}; ask both venues")


def _wrong(case: Case, path: Path, network: IPv4Network) -> Iterator[Fault]:
    for peer in case.deployment.venue_gateways:
        if peer in network:
            yield case.source.fault(path, f"holds {peer}, a venue's gateway: IKE would not leave; {_OURS}")
    place = case.deployment.client.network
    if isinstance(place, NewNetwork) and network.overlaps(place.cidr):
        why = f"overlaps network.cidr ({place.cidr}), where AWS gives the gateway another address at each replacement"
        yield case.source.fault(path, f"{why}; write one outside it, or change network.cidr")


def _unusable(network: IPv4Network | None) -> Iterator[str]:
    return (why for unusable, why in _UNUSABLE.items() if network and network.overlaps(unusable))


def _identities(case: Case) -> Iterator[Fault]:
    for path, connection in case.tunnels:
        ours, theirs = connection.tunnel.local_id, connection.peer.identity
        if ours and meaning(ours) == meaning(theirs):
            message = f"is the identity of the venue's gateway too; write the one that {connection.venue.name} has noted for you"
            yield case.source.fault((*path, "local_id"), message)
        if case.deployment.client.gateway.engine != "openswan":
            continue
        for key, whose, identity in (("local_id", "", ours), ("venue", f"has the identity {theirs}, which ", theirs)):
            if identity and " " in without_spaces(identity):
                message = (
                    f"{whose}has a space in it, and OpenSwan finds no PSK for that (ipsec.secrets(5)); agree on another "
                    f"identity with {connection.venue.name}, or write engine: libreswan"
                )
                yield case.source.fault((*path, key), message)


def _one_psk(case: Case) -> Iterator[Fault]:
    """The engine, and the venue's, know one PSK for a pair of ids."""
    first: dict[object, Connection] = {}
    for path, connection in case.tunnels:
        leader = first.setdefault(connection.ids, connection)
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
            message = (
                f"needs the PSK of {leader.name}: {ids}, and the gateway takes that of {leader.name}; change the value in both "
                "secrets together, or make one secret and name it in both: secret: {arn: …}"
            )
            yield case.source.fault((*path,), message, severity="warning")


def _place(secret: Secret | None) -> tuple[str, str] | None:
    return (secret.arn, secret.key or "") if secret else None


def _one_ike(case: Case) -> Iterator[Fault]:
    first: dict[object, Connection] = {}
    for path, connection in case.tunnels:
        leader = first.setdefault((connection.peer.address, *connection.ids), connection)
        for key in ("ike", "dpd"):
            if getattr(leader.venue, key) != getattr(connection.venue, key):
                message = (
                    f"has other values below {key} than {leader.venue.name}, behind the same gateway {connection.peer.address}; "
                    "one IKE SA serves both: write the same in both files"
                )
                yield case.source.fault((*path, "venue"), message)


_NAME = ("tunnel.name", "tunnel.peer", "venue.connection")
_DOMAIN = ("tunnel.local_network", "tunnel.source_address", "venue.encryption_domain")
TUNNEL_RULES = (
    Rule(_names_of_tunnels, _NAME),
    Rule(_groups, ("tunnel.peer", "tunnel.role", "venue.name")),
    Rule(_alike, (*_NAME, *_OURS_ALIKE, "venue.name")),
    Rule(_overlaps, ("venue.name", "venue.remote_networks")),
    Rule(_encryption_domain, (*_DOMAIN, "venue.name", "venue.remote_networks")),
    Rule(_host_networks, (*_DOMAIN, "tunnel.host_networks", "trading_hosts")),
    Rule(
        _mapped_hosts,
        (
            *_DOMAIN,
            "tunnel.host_networks",
            "tunnel.mapped_hosts",
            "trading_hosts",
            "venue.remote_networks",
            "venue.peers",
        ),
    ),
    Rule(_owned_twice, (*_DOMAIN, "trading_hosts")),
    Rule(_hosts_of_the_domain, (*_DOMAIN, "trading_hosts")),
    Rule(_unusable_networks, ("tunnel.local_network", "venue.encryption_domain")),
    Rule(_unusable_sources, ("tunnel.source_address", "venue.encryption_domain")),
    Rule(_of_tunnels, (*_DOMAIN, "network", "venue.peers")),
    Rule(_of_elastic_ip, ("gateway.elastic_ip.address", "venue.remote_networks")),
    Rule(_of_peers, ("venue.name", "venue.peers", "venue.remote_networks")),
    Rule(_identities, ("tunnel.local_id", "gateway.engine", "venue.name", "venue.peers")),
    Rule(_one_psk, (*_NAME, "tunnel.local_id", "tunnel.secret", "venue.name", "venue.peers")),
    Rule(_one_ike, ("tunnel.local_id", "venue.name", "venue.peers", "venue.ike", "venue.dpd")),
)
