"""A route that the stack made itself is none that a person is to delete."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ops.deploying import surroundings
from ops.deploying.obstacle import Look
from tests.literal import example

STACK = "fixtunnel-acme-capital"


class Tells:
    """An AWS that answers by the name of what is asked."""

    def __init__(self, **answers: list[Any]) -> None:
        self.access, self._answers = self, answers

    def pages(self, _service: str, verb: str, _key: str, **_of: Any) -> list[Any]:
        return self._answers.get(verb, [])


@pytest.mark.parametrize(
    ("route", "made", "ours"),
    [
        (
            {"NetworkInterfaceId": "eni-nowhere", "State": "blackhole"},
            ("AWS::EC2::NetworkInterface", "eni-nowhere"),
            True,
        ),
        ({"NetworkInterfaceId": "eni-1", "InstanceId": "i-1", "State": "active"}, ("AWS::EC2::Instance", "i-1"), True),
        ({"NetworkInterfaceId": "eni-2", "InstanceId": "i-2", "State": "active"}, ("AWS::EC2::Instance", "i-1"), True),
        ({"NetworkInterfaceId": "eni-gone", "State": "blackhole"}, ("AWS::EC2::Route", "rtb-1|{network}"), True),
        ({"NetworkInterfaceId": "eni-gone", "State": "blackhole"}, ("AWS::EC2::Instance", "i-1"), False),
        ({"NetworkInterfaceId": "eni-3", "InstanceId": "i-3", "State": "active"}, ("AWS::EC2::Instance", "i-1"), False),
        ({"GatewayId": "igw-1", "State": "active"}, ("AWS::EC2::Route", "rtb-1|{network}"), False),
    ],
)
def test_no_route_of_the_stacks_own_is_to_be_deleted(route: dict[str, str], made: tuple[str, str], ours: bool) -> None:
    """To one of its gateways (i-2: of a deploy that could not be rolled back), or nowhere until a gateway takes it."""
    deployment = example("acme-capital")
    network = str(deployment.remote_networks[0])
    tags = {"i-2": [{"Key": "aws:cloudformation:stack-name", "Value": STACK}]}
    told = Tells(
        describe_route_tables=[{"RouteTableId": "rtb-1", "Routes": [{"DestinationCidrBlock": network, **route}]}],
        list_stack_resources=[{"ResourceType": made[0], "PhysicalResourceId": made[1].format(network=network)}],
        describe_instances=[{"Instances": [{"Tags": tags.get(route.get("InstanceId", ""), [])}]}],
    )
    stack = SimpleNamespace(name=STACK, instance_id="i-1")
    look = Look(account=cast("Any", told), deployment=deployment, stack=cast("Any", stack), kept={})
    assert [one for one in surroundings.routes(look) if not ours] == list(surroundings.routes(look))
    assert bool(list(surroundings.routes(look))) is not ours
