"""Who may speak with the gateway, and with whom it may speak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from aws_cdk import CfnResource
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from model.ports import Ports, tcp
from model.services import Way
from userdata.contract import BEAT_PORT

IKE = 500
NAT_T = 4500  # RFC 3948: ESP in UDP
_CALLED = {"tcp": "FIX", "udp": "UDP"}


class Firewall(Construct):
    """The security group: IKE and ESP in UDP with the venues' gateways, from the trading hosts what the venues have, and nothing
    else in.

    Out it lets `ways` besides: HTTPS for AWS, HTTP(S) for the package archive, or the firm's own servers. What a venue calls is
    inside ESP on its way in; on its way out to a trading host it is seen.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc_id: str,
        client: str,
        peers: Sequence[IPv4Address],
        trading_hosts: Sequence[IPv4Network],
        venue_ports: Sequence[Ports],
        called_hosts: Sequence[tuple[IPv4Address, int]],
        ways: Sequence[Way],
        beats: bool = False,
    ) -> None:
        super().__init__(scope, id)
        # A group's rules hold for what passes through the gateway as well, so the trading hosts' FIX needs one.
        fix = [
            _Rule(ports, hosts, f"{_CALLED[ports.protocol]} from trading hosts")
            for hosts in trading_hosts
            for ports in venue_ports
        ]
        ipsec = [
            _Rule(Ports("udp", port, port), IPv4Network(peer), "IPsec with the venue")
            for peer in peers
            for port in (IKE, NAT_T)
        ]
        out = [_Rule(Ports(way.protocol, way.port, way.port), way.network, way.purpose) for way in ways]
        calls = [_Rule(tcp(port), IPv4Network(host), "Calls of a venue") for host, port in called_hosts]
        # AWS takes no rule twice, and a way out may lead there.
        out += [call for call in calls if call.where not in [one.where for one in out]]
        group = ec2.CfnSecurityGroup(
            self,
            "Group",
            group_description=f"fixtunnel gateway of {client}",
            vpc_id=vpc_id,
            security_group_ingress=[rule.ingress() for rule in ipsec + fix],
            security_group_egress=[rule.egress() for rule in ipsec + out],
        )
        self.group_id = group.attr_group_id
        self.beats = self._beats() if beats else ()

    def _beats(self) -> Sequence[CfnResource]:
        """The two of a pair hear each other: only what is in this group."""
        rule: Any = {"ip_protocol": "udp", "from_port": BEAT_PORT, "to_port": BEAT_PORT, "group_id": self.group_id}
        what = "Heartbeat of the pair"
        return (
            ec2.CfnSecurityGroupIngress(
                self, "BeatIn", source_security_group_id=self.group_id, description=what, **rule
            ),
            ec2.CfnSecurityGroupEgress(
                self, "BeatOut", destination_security_group_id=self.group_id, description=what, **rule
            ),
        )


@dataclass(frozen=True)
class _Rule:
    """Ports, with one network at the other end."""

    ports: Ports
    network: IPv4Network
    description: str

    @property
    def where(self) -> tuple[Ports, IPv4Network]:
        """All of it but its description: of these AWS takes each once."""
        return self.ports, self.network

    def ingress(self) -> ec2.CfnSecurityGroup.IngressProperty:
        return ec2.CfnSecurityGroup.IngressProperty(
            ip_protocol=self.ports.protocol,
            from_port=self.ports.first,
            to_port=self.ports.last,
            cidr_ip=str(self.network),
            description=self.description,
        )

    def egress(self) -> ec2.CfnSecurityGroup.EgressProperty:
        return ec2.CfnSecurityGroup.EgressProperty(
            ip_protocol=self.ports.protocol,
            from_port=self.ports.first,
            to_port=self.ports.last,
            cidr_ip=str(self.network),
            description=self.description,
        )
