"""What we are known by must not cut the gateway off: an address that is somebody else's, or nobody's.

What only the instance knows (its router, its resolver, its own private address) its boot refuses: `fixtunnel/clash.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from model.case import Case, Rule
from model.client import NewNetwork
from model.faults import Fault, Path

_UNUSABLE = {
    IPv4Network("0.0.0.0/8"): "means no host",
    IPv4Network("127.0.0.0/8"): "is loopback, which stays on each host",
    IPv4Network("169.254.0.0/16"): "is link-local: AWS's metadata, DNS and time are there",
    IPv4Network("224.0.0.0/4"): "is multicast, which is no host's",
    IPv4Network("240.0.0.0/4"): "is reserved, or broadcast",
}
_OURS = "write the address that the venue knows you by"
# Amazon VPC User Guide, "Subnet CIDR blocks": network, router, DNS, future use; and the last.
_TAKEN = {0: "network address", 1: "router", 2: "resolver", 3: "reserved address", -1: "broadcast address"}


def _of_tunnels(case: Case) -> Iterator[Fault]:
    for path, connection in case.tunnels:
        tunnel = connection.tunnel
        if connection.local_network is None:
            continue
        if tunnel.local_network:
            yield from _wrong(case, (*path, "local_network"), tunnel.local_network)
        if tunnel.source_address:
            yield from _wrong(case, (*path, "source_address"), IPv4Network(tunnel.source_address))
        if own := connection.source_address:
            key = "source_address" if tunnel.source_address else "local_network"
            yield from _of_a_subnet(case, (*path, key), own)


def _of_elastic_ip(case: Case) -> Iterator[Fault]:
    elastic_ip, path = case.deployment.client.gateway.elastic_ip, ("gateway", "elastic_ip", "address")
    if elastic_ip is None:
        return
    for why in _unusable(IPv4Network(elastic_ip.address)):
        yield case.source.fault(path, f"{why}; write the public address of the allocation")
    if any(elastic_ip.address in network for network in case.deployment.remote_networks):
        yield case.source.fault(path, "lies in a network of a venue's; write your own")


def _of_peers(case: Case) -> Iterator[Fault]:
    """A venue's own networks are checked in its file."""
    for path, connection in case.tunnels:
        for venue in case.deployment.venues:
            network = next((one for one in venue.remote_networks if connection.peer.address in one), None)
            if network and venue.name != connection.venue.name:
                message = f"has its gateway {connection.peer.address} in {network} of {venue.name}: IKE would go into that tunnel"
                yield case.source.fault((*path, "venue"), f"{message}; ask both venues")


def _wrong(case: Case, path: Path, network: IPv4Network) -> Iterator[Fault]:
    for why in _unusable(network):
        yield case.source.fault(path, f"{why}; {_OURS}")
    for peer in case.deployment.peer_addresses:
        if peer in network:
            yield case.source.fault(path, f"holds {peer}, a venue's gateway: IKE would not leave; {_OURS}")
    place = case.deployment.client.network
    if isinstance(place, NewNetwork) and network.overlaps(place.cidr):
        why = f"overlaps network.cidr ({place.cidr}), where AWS gives the gateway another address at each replacement"
        yield case.source.fault(path, f"{why}; write one outside it, or change network.cidr")


def _unusable(network: IPv4Network) -> Iterator[str]:
    return (why for unusable, why in _UNUSABLE.items() if network.overlaps(unusable))


def _of_a_subnet(case: Case, path: Path, own: IPv4Address) -> Iterator[Fault]:
    """Trading hosts are named by their subnets, mostly."""
    for hosts in case.deployment.client.trading_hosts:
        taken = {hosts[at]: what for at, what in _TAKEN.items() if hosts.num_addresses > 4}
        if own in taken:
            message = f"is the {taken[own]} of {hosts}: the gateway must not own it"
            yield case.source.fault(path, f"{message}; write another address for source_address")


OWN_ADDRESS_RULES: tuple[Rule, ...] = (_of_tunnels, _of_elastic_ip, _of_peers)
