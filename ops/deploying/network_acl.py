"""A network ACL that stands around an existing subnet: whether it lets through what the gateway needs. It keeps no state, so both
ways count (Amazon VPC User Guide, "Control subnet traffic with network access control lists")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from model.client import ExistingNetwork
from model.services import ANYWHERE, ARCHIVE
from ops.deploying.obstacle import Look

IKE, NAT_T = 500, 4500
"""Ports of the tunnel."""
OWN_PORTS = (32768, 60999)
"""Linux's own ports, to which answers come (proc(5), ip_local_port_range)."""
TCP, UDP, ALL = "6", "17", "-1"
_NUMBERS = {"tcp": TCP, "udp": UDP}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One rule of a network ACL. `ports` of None are all."""

    number: int
    outward: bool
    allows: bool
    protocol: str
    network: IPv4Network
    ports: tuple[int, int] | None

    @staticmethod
    def read(one: Any) -> Entry:
        """From DescribeNetworkAcls. A rule of IPv6 counts for nothing here: it has no IPv4 address in it."""
        ports = one.get("PortRange")
        return Entry(
            number=one["RuleNumber"],
            outward=one["Egress"],
            allows=one["RuleAction"] == "allow",
            protocol=str(one["Protocol"]),
            network=IPv4Network(one.get("CidrBlock", "0.0.0.0/32")),
            ports=(ports["From"], ports["To"]) if ports else None,
        )

    def is_about(self, *, outward: bool, protocol: str, port: int, peer: IPv4Address) -> bool:
        """Whether it decides about a packet."""
        has_port = self.ports is None or self.protocol == ALL or self.ports[0] <= port <= self.ports[1]
        return self.outward == outward and self.protocol in (ALL, protocol) and has_port and peer in self.network


_SOMEWHERE = IPv4Address("192.0.2.1")
"""RFC 5737: stands for what has no address that is known here, such as AWS's services and Debian's archive."""


def closed(look: Look, network: ExistingNetwork, entries: Sequence[Entry]) -> Iterator[tuple[str, bool]]:
    """What of the gateway's own packets the rules stop, in the order of their numbers; the first that matches decides.

    Each with whether that ends a deploy. With a proxy that has a name, or VPC endpoints, the way may be inside the VPC.
    """
    ordered = sorted(entries, key=lambda entry: entry.number)
    client = look.deployment.client

    def passes(**packet: Any) -> bool:
        return next((entry.allows for entry in ordered if entry.is_about(**packet)), False)

    def unanswered(protocol: str, peer: IPv4Address) -> str:
        lowest, highest = OWN_PORTS
        # What decides changes at an entry's bounds alone.
        bounds = {lowest, *(port for one in entries if one.ports for port in (one.ports[0], one.ports[1] + 1))}
        ports = sorted(port for port in bounds if lowest <= port <= highest)
        stopped = [port for port in ports if not passes(outward=False, protocol=protocol, port=port, peer=peer)]
        return f"as to port {stopped[0]} (Linux takes {lowest} to {highest})" if stopped else ""

    for peer in look.deployment.peer_addresses:
        for port in (IKE, NAT_T):
            for outward, to in ((True, "to"), (False, "from")):
                if not passes(outward=outward, protocol=UDP, port=port, peer=peer):
                    yield f"UDP {port} {to} {peer}", True
    answers: dict[tuple[str, IPv4Address], bool] = {}
    for way in client.ways_out:
        peer, protocol = (way.network[0] if way.network != ANYWHERE else _SOMEWHERE), _NUMBERS[way.protocol]
        is_sure = peer != _SOMEWHERE or (network.public_address and not client.services.proxy)
        if not passes(outward=True, protocol=protocol, port=way.port, peer=peer):
            # An image of the firm's own may have all packages already.
            is_needed = way.purpose != ARCHIVE or client.gateway.ami is None
            yield f"{way.protocol.upper()} {way.port} to {_named(way.purpose, peer)}", is_sure and is_needed
        answers[protocol, peer] = answers.get((protocol, peer), False) or is_sure
    for (protocol, peer), is_sure in answers.items():
        if why := unanswered(protocol, peer):
            name = "TCP" if protocol == TCP else "UDP"
            yield f"{name} answers from {_named('AWS', peer)}, {why}", is_sure


def _named(purpose: str, peer: IPv4Address) -> str:
    purpose = f"the {purpose}" if purpose == ARCHIVE else purpose
    return purpose if peer == _SOMEWHERE else f"{peer}" + ("" if purpose == "AWS" else f" ({purpose})")
