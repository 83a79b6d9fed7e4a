"""A deployed security group and subnet, as the edge takes them."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from localaws.account import Ec2Instance
from model.client import ExistingNetwork
from model.deployment import Deployment
from rehearsal.world.edge import Rule, SecurityGroup


def security_group(instance: Ec2Instance) -> SecurityGroup:
    """The deployed rules, as the edge takes them."""
    return SecurityGroup(ingress=_rules(instance, "in"), egress=_rules(instance, "out"))


def _rules(instance: Ec2Instance, direction: str) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            protocol=rule.protocol,  # type: ignore[arg-type]
            ports=None if rule.from_port is None or rule.to_port is None else (rule.from_port, rule.to_port),
            network=rule.network,
        )
        for rule in instance.rules
        if rule.direction == direction
    )


def subnet_of(deployment: Deployment, instance: Ec2Instance, ec2: Any) -> IPv4Network:
    """The gateways' subnet. Two zones' are one network here: nothing on a gateway knows how wide its subnet is."""
    standby, network = deployment.client.gateway.standby, deployment.client.network
    if standby is None:
        return instance.subnet
    assert isinstance(network, ExistingNetwork)
    found = ec2.describe_subnets(SubnetIds=[network.subnet_id, standby.subnet_id])["Subnets"]
    whole, other = (IPv4Network(one["CidrBlock"]) for one in found)
    while not other.subnet_of(whole):
        whole = whole.supernet()
    return whole
