"""VPC Block Public Access stops a gateway unless its network is excluded: `plan` says so, on the local AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.aws import EmbeddedAws
from ops.aws import Account
from ops.deploying.obstacle import Look
from ops.deploying.public_access import public_access
from tests.emulator.standing import Standing

VPC, SUBNET, OTHER = "vpc-0a9b8c7d6e5f40001", "subnet-0a9b8c7d6e5f40001", "subnet-0fffffffffffffff9"
BROUGHT = f"""\
network: {{vpc_id: {VPC}, subnet_id: {SUBNET}, availability_zone: eu-west-2a}}
tunnels: [{{venue: lse-proquote, sender_comp_ids: [ACME]}}]
"""
BOTH_WAYS, INGRESS = "block-bidirectional", "block-ingress"
COMMAND = (
    "aws ec2 create-vpc-block-public-access-exclusion --vpc-id {} --internet-gateway-exclusion-mode allow-bidirectional"
)


@pytest.fixture
def brought(aws: EmbeddedAws, tmp_path: Path) -> Standing:
    return Standing(aws=aws, folder=tmp_path, name="brought", text=BROUGHT)


@pytest.fixture
def block(account: Account) -> Iterator[Callable[[str], object]]:
    """Block in a mode; afterwards it is off, without exclusions."""
    call = account.access.call
    yield lambda mode: call("ec2", "modify_vpc_block_public_access_options", InternetGatewayBlockMode=mode)
    call("ec2", "modify_vpc_block_public_access_options", InternetGatewayBlockMode="off")
    for one in call("ec2", "describe_vpc_block_public_access_exclusions")["VpcBlockPublicAccessExclusions"]:
        call("ec2", "delete_vpc_block_public_access_exclusion", ExclusionId=one["ExclusionId"])


def found(account: Account, client: Standing, *, deployed: bool = True) -> list[str]:
    stack = account.find_stack(client.name) if deployed else None
    look = Look(account=account, deployment=client.load(), stack=stack, kept={})
    return [str(one) for one in public_access(look)]


def exclude(account: Account, mode: str, **place: Any) -> None:
    name = "create_vpc_block_public_access_exclusion"
    account.access.call("ec2", name, InternetGatewayExclusionMode=mode, **place)


def test_where_it_is_off_nothing_is_said(account: Account, brought: Standing, standing: Standing) -> None:
    assert found(account, brought) == found(account, standing) == []


@pytest.mark.parametrize("mode", [BOTH_WAYS, INGRESS])
def test_it_stops_a_gateway_in_each_mode(
    account: Account, brought: Standing, block: Callable[[str], object], mode: str
) -> None:
    block(mode)
    exclude(account, "allow-bidirectional", SubnetId=OTHER)
    (said,) = found(account, brought)
    assert said.startswith(f"refused: VPC Block Public Access is on in eu-west-2 ({mode})")
    assert COMMAND.format(VPC) in said


@pytest.mark.parametrize("mode", [BOTH_WAYS, INGRESS])
@pytest.mark.parametrize("place", [{"SubnetId": SUBNET}, {"VpcId": VPC}])
def test_an_excluded_network_is_well(
    account: Account, brought: Standing, block: Callable[[str], object], mode: str, place: dict[str, str]
) -> None:
    block(mode)
    exclude(account, "allow-bidirectional", **place)
    assert found(account, brought) == []


def test_an_exclusion_for_egress_counts_where_both_ways_are_blocked(
    account: Account, brought: Standing, block: Callable[[str], object]
) -> None:
    exclude(account, "allow-egress", VpcId=VPC)
    block(BOTH_WAYS)
    (said,) = found(account, brought)
    assert said.startswith("warning: ")
    assert "no venue can begin a tunnel" in said
    block(INGRESS)
    assert found(account, brought)[0].startswith("refused: ")


def test_a_network_of_our_own_is_excluded_once_it_is_there(
    account: Account, standing: Standing, block: Callable[[str], object]
) -> None:
    block(BOTH_WAYS)
    (new,) = found(account, standing, deployed=False)
    assert "name a network that has an exclusion" in new
    (vpc,) = account.access.call("ec2", "describe_vpcs", Filters=[{"Name": "tag:Name", "Values": ["fixtunnel-acme"]}])[
        "Vpcs"
    ]
    assert COMMAND.format(vpc["VpcId"]) in found(account, standing)[0]
    exclude(account, "allow-bidirectional", VpcId=vpc["VpcId"])
    assert found(account, standing) == []
