"""`plan` counts the Elastic IPs and the VPCs of the region: on the local AWS, which has AWS's default quotas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localaws.aws import EmbeddedAws
from ops.aws import Account
from ops.deploying import obstacles
from ops.deploying.obstacle import Look
from tests.emulator.standing import Standing

NEW = "tunnels: [{venue: lse-proquote, sender_comp_ids: [ACME]}]\n"
DEFAULT = 5


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """A region of its own: what other tests made in the common one counts too."""
    with EmbeddedAws(tmp_path_factory.mktemp("aws"), signals="wait") as aws:
        yield aws


@pytest.fixture
def new(aws: EmbeddedAws, account: Account, tmp_path: Path) -> Look:
    """A client with a network and an address of its own, which are not there yet."""
    client = Standing(aws=aws, folder=tmp_path, name="newcomer", text=NEW)
    return Look(account=account, deployment=client.load(), stack=None, kept={})


@pytest.fixture
def addresses(account: Account) -> Iterator[list[str]]:
    """Elastic IPs of others, up to the quota."""
    call = account.access.call
    there = len(call("ec2", "describe_addresses")["Addresses"])
    made = [call("ec2", "allocate_address", Domain="vpc")["AllocationId"] for _ in range(DEFAULT - there)]
    yield made
    for one in call("ec2", "describe_addresses")["Addresses"]:
        if one["AllocationId"] in made:
            call("ec2", "release_address", AllocationId=one["AllocationId"])


@pytest.fixture
def networks(account: Account) -> Iterator[list[str]]:
    """VPCs of others, up to the quota."""
    call = account.access.call
    there = len(call("ec2", "describe_vpcs")["Vpcs"])
    made = [call("ec2", "create_vpc", CidrBlock="10.9.0.0/24")["Vpc"]["VpcId"] for _ in range(DEFAULT - there)]
    yield made
    left = {one["VpcId"] for one in call("ec2", "describe_vpcs")["Vpcs"]}
    for one in left & set(made):
        call("ec2", "delete_vpc", VpcId=one)


def test_without_an_elastic_ip_left_a_new_gateway_is_refused(account: Account, new: Look, addresses: list[str]) -> None:
    (said,) = map(str, obstacles._address(new))
    assert said.startswith("refused: no Elastic IP is left: 5 of 5 in eu-west-2")
    assert "Service Quotas, L-0263D0A3" in said
    account.access.call("ec2", "release_address", AllocationId=addresses[0])
    assert list(obstacles._address(new)) == []


def test_without_a_vpc_left_a_new_network_is_refused(account: Account, new: Look, networks: list[str]) -> None:
    (said,) = map(str, obstacles._vpc(new))
    assert said.startswith("refused: no VPC is left: 5 of 5 in eu-west-2")
    assert "network.vpc_id" in said
    account.access.call("ec2", "delete_vpc", VpcId=networks[0])
    assert list(obstacles._vpc(new)) == []
