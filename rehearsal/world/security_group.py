"""The deployed security group, as the edge takes it."""

from __future__ import annotations

from localaws.account import Ec2Instance
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
