"""What is attached to the edge, and what the edge knows about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from typing import Literal, Self

ANYWHERE = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of a security group: EC2's IpPermission for one network.

    Args:
        protocol: `-1` is every protocol, as EC2 writes it.
        ports: first and last port; None is every port. Ignored for icmp.
    """

    protocol: Literal["tcp", "udp", "icmp", "-1"]
    ports: tuple[int, int] | None = None
    network: IPv4Network = ANYWHERE


@dataclass(frozen=True, kw_only=True)
class SecurityGroup:
    """What may come in and what may go out. Answers may pass always."""

    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = (Rule(protocol="-1"),)


@dataclass(frozen=True, kw_only=True)
class GatewayPort:
    """The network interface of an instance, as its subnet sees it.

    Args:
        tap: its tap device in the edge's namespace.
        private: its primary address. With the secondary ones the only ones that it has, while `source_check` is on.
        source_check: EC2's source/destination check.
        secondary: its other private addresses.
    """

    tap: str
    mac: str
    private: IPv4Address
    security_group: SecurityGroup
    source_check: bool = True
    secondary: tuple[IPv4Address, ...] = ()

    @property
    def addresses(self) -> tuple[IPv4Address, ...]:
        """All its private addresses."""
        return (self.private, *self.secondary)


Way = Literal["in", "out"]
BOTH_WAYS: tuple[Way, ...] = ("in", "out")


@dataclass(frozen=True, kw_only=True)
class State:
    """Everything that the edge's firewall is made from. Never changed: each verb of the edge makes a new one.

    Args:
        dns: the subnet's resolver.
        remote_networks: what may be reached through a tunnel only.
        associations: the public address of each private one.
        outer_ports: while set, sessions get an outer port from this range, as behind a NAT that forgot its mappings.
        lost_percent: how much of what passes the internet is lost; 100 is a black hole.
        is_parted: whether instances do not reach each other.
        unplugged: the taps through which nothing comes or goes.
        without_aws: the taps from which AWS is not reached.
        lost_ways: which of it: what comes `in` to the VPC, what goes `out` of it.
    """

    dns: IPv4Address
    remote_networks: tuple[IPv4Network, ...] = ()
    gateways: tuple[GatewayPort, ...] = ()
    associations: dict[IPv4Address, IPv4Address] = field(default_factory=dict)
    outer_ports: tuple[int, int] | None = None
    lost_percent: int = 0
    lost_ways: tuple[Way, ...] = BOTH_WAYS
    is_parted: bool = False
    unplugged: tuple[str, ...] = ()
    without_aws: tuple[str, ...] = ()

    def with_association(self, *, private: IPv4Address, public: IPv4Address) -> Self:
        """A public address belongs to one private one, which has one: both give up what they had."""
        others = {inside: outside for inside, outside in self.associations.items() if outside != public}
        return replace(self, associations=others | {private: public})

    def without_association(self, public: IPv4Address) -> Self:
        """This address has no holder any more."""
        return replace(self, associations={i: o for i, o in self.associations.items() if o != public})

    def with_gateway(self, port: GatewayPort) -> Self:
        """One more instance, or the same one with another security group or check."""
        return replace(self, gateways=(*(g for g in self.gateways if g.tap != port.tap), port))
