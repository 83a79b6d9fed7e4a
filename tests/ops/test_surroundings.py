"""What a deploy would fail on, or succeed for nothing with, is refused before it begins: on the local AWS."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from localaws.aws import EmbeddedAws
from model.deployment import Deployment
from ops.aws import Account
from ops.aws.account import Identity
from ops.aws.ec2 import Room
from ops.deploying import existing, named, obstacles, surroundings
from ops.deploying.obstacle import Look, Obstacle
from tests.emulator.standing import Standing
from tests.ops.embedded import bootstrapped

VPC, SUBNET, TABLE = "vpc-0a9b8c7d6e5f40001", "subnet-0a9b8c7d6e5f40001", "rtb-0a9b8c7d6e5f40001"
ALLOCATION, ADDRESS = "eipalloc-0a9b8c7d6e5f40001", "203.0.113.201"
IN_A_NETWORK = f"""\
network: {{vpc_id: {VPC}, subnet_id: {SUBNET}, availability_zone: eu-west-2a, route_table_ids: [{TABLE}]}}
gateway: {{elastic_ip: {{address: {ADDRESS}, allocation_id: {ALLOCATION}}}}}
trading_hosts: [10.71.1.0/24]
tunnels: [{{venue: lse-proquote, sender_comp_ids: [ACME]}}]
"""
ALONE = """\
tunnels: [{venue: lse-proquote, sender_comp_ids: [ACME]}]
alarm_email: reader@example.com
"""
Rule = Callable[[Look], Iterator[Obstacle]]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with bootstrapped(tmp_path_factory.mktemp("aws"), signals="wait") as aws:
        yield aws


@pytest.fixture(scope="module")
def brought(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """A client whose network and address are there already, and that is not deployed."""
    client = Standing(aws=aws, folder=tmp_path_factory.mktemp("brought"), name="brought", text=IN_A_NETWORK)
    client.bring_what_exists()
    return client


@pytest.fixture(scope="module")
def alone(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """A client in a network of its own, deployed."""
    client = Standing(aws=aws, folder=tmp_path_factory.mktemp("alone"), name="alone", text=ALONE)
    assert client.deploy() == "CREATE_COMPLETE"
    return client


def found(rule: Rule, account: Account, client: Standing) -> list[str]:
    """What a rule finds, fatal unless marked."""
    look = Look(account=account, deployment=client.load(), stack=account.find_stack(client.name), kept={})
    return [str(one) for one in rule(look)]


def test_nothing_is_in_the_way_of_what_is_well(account: Account, brought: Standing) -> None:
    for rule in (
        existing.route_tables,
        existing.room,
        surroundings.address,
        surroundings.way_out,
        surroundings.overlaps,
        surroundings.routes,
        surroundings.own_network,
    ):
        assert found(rule, account, brought) == []


def test_a_log_group_of_the_firms_own_has_to_be_there(aws: EmbeddedAws, account: Account, brought: Standing) -> None:
    text = brought.text
    try:
        brought.text = text + "log_group: /desk/fix\n"
        aws.clients.client("logs").create_log_group(logGroupName="/desk/fix/other")
        (said,) = found(named.parts, account, brought)
        assert said.startswith("refused: the log group /desk/fix is not there")
        aws.clients.client("logs").create_log_group(logGroupName="/desk/fix")
        assert [found(rule, account, brought) for rule in (named.parts, existing.log_group)] == [[], []]
    finally:
        brought.text = text


def test_without_a_public_address_the_venue_is_reached_by_an_internet_gateway_and_the_rest_is_not(
    aws: EmbeddedAws, account: Account, brought: Standing
) -> None:
    text, ec2 = brought.text, aws.clients.client("ec2")
    table = account.access.pages("ec2", "describe_route_tables", "RouteTables", Filters=[_associated(SUBNET)])[0]
    id, (default,) = (
        table["RouteTableId"],
        [one for one in table["Routes"] if one.get("GatewayId", "").startswith("igw-")],
    )
    try:
        brought.text = text.replace(f"subnet_id: {SUBNET},", f"subnet_id: {SUBNET}, public_address: false,")
        (said,) = found(surroundings.way_out, account, brought)
        assert f"leads all else to {default['GatewayId']}, where a host without a public address gets nowhere" in said
        assert not said.startswith("refused")
        ec2.delete_route(RouteTableId=id, DestinationCidrBlock="0.0.0.0/0")
        (said,) = found(surroundings.way_out, account, brought)
        assert said.startswith(f"refused: {SUBNET} leads 198.51.100.10, a venue's gateway, to nothing")
        ec2.create_route(RouteTableId=id, DestinationCidrBlock="198.51.100.10/32", GatewayId=default["GatewayId"])
        assert found(surroundings.way_out, account, brought) == []
        ec2.delete_route(RouteTableId=id, DestinationCidrBlock="198.51.100.10/32")
    finally:
        brought.text = text
        ec2.create_route(RouteTableId=id, DestinationCidrBlock="0.0.0.0/0", GatewayId=default["GatewayId"])


def _associated(subnet: str) -> Any:
    return {"Name": "association.subnet-id", "Values": [subnet]}


# -- the address ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def legacy(aws: EmbeddedAws, brought: Standing) -> Iterator[str]:
    """A gateway of before, which has the address."""
    ec2: Any = aws.clients.ec2
    made = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, SubnetId=SUBNET)["Instances"]
    id = str(made[0]["InstanceId"])
    ec2.associate_address(AllocationId=ALLOCATION, InstanceId=id)
    yield id
    ec2.terminate_instances(InstanceIds=[id])


def test_an_address_that_another_gateway_has_is_refused_with_the_steps(
    account: Account, brought: Standing, legacy: str
) -> None:
    (said,) = found(surroundings.address, account, brought)
    assert said.startswith(f"refused: {ADDRESS} is attached to {legacy}")
    (address,) = account.access.call("ec2", "describe_addresses", AllocationIds=[ALLOCATION])["Addresses"]
    assert f"aws ec2 disassociate-address --association-id {address['AssociationId']}" in said
    assert f"aws ec2 associate-address --allocation-id {ALLOCATION} --instance-id {legacy}" in said


def test_an_address_that_is_another_or_not_there_is_refused(account: Account, brought: Standing) -> None:
    text = brought.text
    try:
        brought.text = text.replace(ADDRESS, "203.0.113.202")
        assert found(surroundings.address, account, brought)[0].startswith(
            f"refused: {ALLOCATION} is {ADDRESS}, not 203.0.113.202"
        )
        brought.text = text.replace(ALLOCATION, "eipalloc-0a9b8c7d6e5f4ffff")
        assert found(surroundings.address, account, brought)[0].startswith(
            "refused: eipalloc-0a9b8c7d6e5f4ffff is not there"
        )
    finally:
        brought.text = text


# -- the network ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def default_route(aws: EmbeddedAws, brought: Standing) -> Iterator[str]:
    """The subnet's route table, whose default route is put back."""
    ec2: Any = aws.clients.ec2
    at = [{"Name": "association.subnet-id", "Values": [SUBNET]}]
    (table,) = ec2.describe_route_tables(Filters=at)["RouteTables"]
    (route,) = [one for one in table["Routes"] if one["DestinationCidrBlock"] == "0.0.0.0/0"]
    yield str(table["RouteTableId"])
    there = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": "0.0.0.0/0"}
    ec2.create_route(**there, GatewayId=route["GatewayId"])


def test_a_subnet_without_a_way_out_is_refused(account: Account, brought: Standing, default_route: str) -> None:
    account.access.call("ec2", "delete_route", RouteTableId=default_route, DestinationCidrBlock="0.0.0.0/0")
    (said,) = found(surroundings.way_out, account, brought)
    assert said.startswith(f"refused: {SUBNET} has no way out: its default route leads to nothing")


def test_the_subnet_of_a_standby_is_looked_at_too(account: Account, brought: Standing) -> None:
    other = "subnet-0a9b8c7d6e5f40002"
    standby = f"gateway: {{standby: {{subnet_id: {other}, availability_zone: eu-west-2b}}, "
    pair = like(brought, brought.text.replace("gateway: {", standby))
    look = Look(account=account, deployment=pair.load(), stack=None, kept={})
    assert [one.subnet_id for one in look.networks] == [SUBNET, other]
    assert [one.availability_zone for one in look.networks] == ["eu-west-2a", "eu-west-2b"]


def like(client: Standing, text: str) -> Standing:
    return Standing(aws=client.aws, folder=client.folder, name=client.name, text=text)


def test_a_route_table_that_is_not_there_or_of_another_network_is_refused(account: Account, brought: Standing) -> None:
    vpc = account.access.call("ec2", "create_vpc", CidrBlock="10.222.0.0/24")["Vpc"]["VpcId"]
    foreign = account.access.call("ec2", "create_route_table", VpcId=vpc)["RouteTable"]["RouteTableId"]
    gone = "rtb-0fffffffffffffff9"
    client = like(brought, brought.text.replace(TABLE, f"{TABLE}, {gone}, {foreign}"))
    said = found(existing.route_tables, account, client)
    assert [one.partition(", and")[0].partition(" →")[0].splitlines()[0] for one in said] == [
        f"refused: {gone} is not there",
        f"refused: {foreign} is of {vpc}",
    ]
    assert found(surroundings.routes, account, client) == [], "what is not there stops no other look"


def test_a_route_table_of_another_account_or_without_room_is_refused(
    account: Account, brought: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        account, "identity", Identity(account="210987654321", arn="arn:aws:iam::210987654321:role/desk")
    )
    (said,) = found(existing.route_tables, account, brought)
    assert said.startswith(f"refused: {TABLE} is of the account 123456789012, which shares its network")
    monkeypatch.undo()
    monkeypatch.setattr(
        account, "room", lambda kind, used: Room(used=used, limit=used, is_known=True) if kind else None
    )
    (said,) = found(existing.route_tables, account, brought)
    assert said.startswith(f"refused: {TABLE} has 1 of 1 routes, and the stack adds 1")


def test_a_subnet_without_room_for_a_gateway_is_refused(aws: EmbeddedAws, account: Account, brought: Standing) -> None:
    ec2: Any = aws.clients.ec2
    (subnet,) = ec2.describe_subnets(SubnetIds=[SUBNET])["Subnets"]
    card = ec2.create_network_interface(SubnetId=SUBNET)["NetworkInterface"]["NetworkInterfaceId"]
    others = subnet["AvailableIpAddressCount"] - 1 - 2
    ec2.assign_private_ip_addresses(NetworkInterfaceId=card, SecondaryPrivateIpAddressCount=others)
    try:
        (said,) = found(existing.room, account, brought)
        assert said.startswith(f"refused: {SUBNET} has 2 free addresses, and a new gateway needs 3")
        without = like(
            brought, brought.text.replace(f", route_table_ids: [{TABLE}]", "").replace("trading_hosts", "# ")
        )
        assert found(existing.room, account, without) == []
    finally:
        ec2.delete_network_interface(NetworkInterfaceId=card)


@pytest.mark.parametrize(("remote", "where"), [("10.71.0.32/28", SUBNET), ("10.71.7.0/24", VPC)])
def test_a_venues_network_that_takes_in_a_part_of_ours_is_refused(
    account: Account, brought: Standing, remote: str, where: str
) -> None:
    look = Look(account=account, deployment=reaching(brought.load(), remote), stack=None, kept={})
    (said,) = surroundings.overlaps(look)
    assert str(said).startswith(f"refused: {remote}, a venue's network, overlaps {where} (")


def reaching(deployment: Deployment, remote: str) -> Deployment:
    (one,) = deployment.connections
    venue = one.venue.model_copy(update={"remote_networks": (IPv4Network(remote),)})
    return replace(deployment, connections=(replace(one, venue=venue),))


def test_our_own_address_in_the_gateways_subnet(account: Account, brought: Standing) -> None:
    at: Any = [{"Name": "subnet-id", "Values": [SUBNET]}]
    subnet = IPv4Network(account.access.call("ec2", "describe_subnets", Filters=at)["Subnets"][0]["CidrBlock"])
    said = [known_as(account, brought.load(), own) for own in (subnet[-1], subnet[1], subnet[33], subnet[-1] + 1)]
    assert [[one.partition(" of ")[0].partition(" lies ")[0] for one in each] for each in said] == [
        [f"refused: {subnet[-1]}, by which a venue knows us, is the broadcast address"],
        [f"refused: {subnet[1]}, by which a venue knows us, is the router"],
        [f"warning: {subnet[33]}, by which a venue knows us,"],
        [],
    ]


def known_as(account: Account, deployment: Deployment, own: IPv4Address) -> list[str]:
    (one,) = deployment.connections
    venue = one.venue.model_copy(update={"encryption_domain": "private"})
    tunnel = one.tunnel.model_copy(update={"local_network": IPv4Network(own)})
    deployment = replace(deployment, connections=(replace(one, venue=venue, tunnel=tunnel),))
    return [
        str(one) for one in surroundings.overlaps(Look(account=account, deployment=deployment, stack=None, kept={}))
    ]


def test_a_route_to_the_same_network_is_refused(account: Account, brought: Standing, legacy: str) -> None:
    remote = str(brought.load().remote_networks[0])
    there: Any = {"RouteTableId": TABLE, "DestinationCidrBlock": remote}
    account.access.call("ec2", "create_route", **there, InstanceId=legacy)
    (said,) = found(surroundings.routes, account, brought)
    assert said.startswith(f"refused: {TABLE} has a route to {remote} already: to {legacy}")
    assert f"aws ec2 delete-route --route-table-id {TABLE} --destination-cidr-block {remote}" in said
    account.access.call("ec2", "delete_route", **there)
    assert found(surroundings.routes, account, brought) == []


def test_another_cidr_under_a_gateway_is_refused_with_the_way_that_works(account: Account, alone: Standing) -> None:
    assert found(surroundings.own_network, account, alone) == []
    other = Standing(aws=alone.aws, folder=alone.folder, name="alone", text=f"{ALONE}network: {{cidr: 10.98.0.0/26}}\n")
    (said,) = found(surroundings.own_network, account, other)
    assert said.startswith("refused: network.cidr is 10.98.0.0/26, and the gateway lives in 10.64.0.0/26")
    assert "fixtunnel destroy alone, then fixtunnel deploy alone" in said


@pytest.mark.parametrize(
    ("device", "gib", "words"),
    [
        ("/dev/xvda", 8, []),
        ("/dev/sda1", 8, ["has its root on /dev/sda1"]),
        ("/dev/xvda", 20, ["needs a disk of 20 GiB, and the gateway has 8"]),
        ("/dev/sda1", 20, ["has its root on /dev/sda1", "needs a disk of 20 GiB"]),
    ],
)
def test_an_image_whose_root_does_not_fit_the_disk_is_refused(
    account: Account, alone: Standing, device: str, gib: int, words: list[str]
) -> None:
    ami = f"ami-0a0b0c0d0e0f{gib:04d}{int(device == '/dev/sda1')}"
    alone.aws.bring({"image": {"ami": ami, "architecture": "amd64", "root_device": device, "root_gib": gib}})
    text = f"{ALONE}gateway: {{ami: {ami}}}\n"
    golden = Standing(aws=alone.aws, folder=alone.folder, name="alone", text=text)
    said = found(obstacles._image, account, golden)
    assert [f"refused: the image {ami} {word}" in one for one, word in zip(said, words, strict=True)] == [True] * len(
        words
    )


# -- mail, bootstrap -----------------------------------------------------------------------------------------------------


def test_an_address_that_is_not_confirmed_hears_of_no_alarm(account: Account, alone: Standing) -> None:
    (said,) = found(surroundings.mail, account, alone)
    assert said.startswith("warning: no alarm reaches reader@example.com")
    alone.aws.confirm_mail("reader@example.com")
    assert found(surroundings.mail, account, alone) == []


def test_an_address_whose_subscription_is_gone_hears_of_no_alarm(account: Account, alone: Standing) -> None:
    """Not confirmed within 48 hours, or ended by a reader's click: CloudFormation makes no second one."""
    alone.aws.confirm_mail("reader@example.com")
    for one in account.access.pages("sns", "list_subscriptions", "Subscriptions"):
        account.access.call("sns", "unsubscribe", SubscriptionArn=one["SubscriptionArn"])
    (said,) = found(surroundings.mail, account, alone)
    assert said.startswith("warning: no alarm reaches reader@example.com: the address is not subscribed any more")
    (command,) = re.findall(r"aws sns subscribe --topic-arn (\S+) --protocol email", said)
    account.access.call("sns", "subscribe", TopicArn=command, Protocol="email", Endpoint="reader@example.com")
    assert "is not confirmed" in found(surroundings.mail, account, alone)[0]


def test_a_bootstrap_of_another_qualifier_is_read_from_context(
    account: Account, alone: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(obstacles._bootstrap, account, alone) == []
    context = tmp_path / "cdk.json"
    context.write_text(json.dumps({"context": {"@aws-cdk/core:bootstrapQualifier": "tradeops"}}))
    monkeypatch.setattr(obstacles, "_CONTEXTS", (context,))
    (said,) = found(obstacles._bootstrap, account, alone)
    assert said.startswith("refused: the CDK has not prepared this account and region with the qualifier tradeops")
    assert "--qualifier tradeops" in said
