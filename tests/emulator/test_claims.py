"""The gateway's claim by its very program, on the embedded AWS: a replacement, one that fails, and a stack of before."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from fixtunnel import aws, settings
from fixtunnel.card import Card
from fixtunnel.claim import Claim
from fixtunnel.command import Failed
from localaws.account import Ec2Instance
from model.adoption import LOG_PARAMETER
from tests.emulator.standing import Standing
from userdata.contract import SETTINGS_FILE, log_place

TABLE = "rtb-0f0f0f0f"
WITH_HOSTS = f"""\
network: {{vpc_id: vpc-0f0f0f0f, subnet_id: subnet-0f0f0f0f, availability_zone: eu-west-2a, route_table_ids: [{TABLE}]}}
trading_hosts: [10.1.0.0/24]
tunnels:
  - venue: lse-proquote
    sender_comp_ids: [ACME]
"""
FORMER = Path(__file__).parent / "former.json"
"""The template of such a client before the gateway claimed: with an EIPAssociation, routes to the instance, and a log group
that went with the stack."""
LOG = "/fixtunnel/former"


@pytest.fixture
def client(client: Standing) -> Iterator[Standing]:
    client.text = WITH_HOSTS
    client.name = "former"
    client.bring_what_exists()
    yield client
    if log_of(client):
        client.aws.clients.client("logs").delete_log_group(logGroupName=LOG)


@pytest.fixture
def claim(client: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Ec2Instance], Claim]:
    """The claim of a gateway, from what its user data and its metadata would say."""
    monkeypatch.setattr(aws, "_client", client.aws.client)

    def of(gateway: Ec2Instance) -> Claim:
        files = {one["path"]: one["content"] for one in YAML(typ="safe").load(gateway.user_data)["write_files"]}
        (tmp_path / "gateway.json").write_text(files[SETTINGS_FILE])
        card = card_of(client, gateway)
        return Claim(settings.load(tmp_path / "gateway.json"), card, [TABLE])

    return of


def log_of(client: Standing) -> list[str]:
    """The client's log group, if there is one."""
    found = client.aws.clients.client("logs").describe_log_groups(logGroupNamePrefix=LOG)["logGroups"]
    return [one["logGroupName"] for one in found]


def card_of(client: Standing, gateway: Ec2Instance) -> Card:
    told: Any = client.aws.clients.ec2.describe_instances(InstanceIds=[gateway.instance_id])
    interface = told["Reservations"][0]["Instances"][0]["NetworkInterfaces"][0]["NetworkInterfaceId"]
    return Card(gateway.mac, interface, str(gateway.private_ip), str(gateway.secondary_ips[0]))


def routes(client: Standing) -> set[tuple[str, str]]:
    """Where the venues' routes lead, and what EC2 says of them."""
    (table,) = client.aws.clients.ec2.describe_route_tables(RouteTableIds=[TABLE])["RouteTables"]
    found = [one for one in table["Routes"] if one.get("NetworkInterfaceId")]
    return {(one["NetworkInterfaceId"], one["State"]) for one in found}


def begun(client: Standing, template: dict[str, Any], *, other_than: Ec2Instance | None = None) -> Ec2Instance:
    """A deploy as far as the gateway's signal."""
    client.begin(template)
    known = {other_than.instance_id} if other_than else set()
    return client.aws.wait_for_instance(client.name, limit=20, other_than=known)


def signal(client: Standing, *, success: bool) -> str:
    """The gateway's own word, without a claim made for it; the end of the deploy."""
    waiting = client.aws.awaited(client.name)
    assert waiting
    client.aws.clients.cloudformation.signal_resource(
        StackName=f"fixtunnel-{client.name}",
        LogicalResourceId=waiting.logical_id,
        UniqueId="gateway",
        Status="SUCCESS" if success else "FAILURE",
    )
    return client.settle()


def test_a_life(
    client: Standing, claim: Callable[[Ec2Instance], Claim], monkeypatch: pytest.MonkeyPatch, no_waiting: None
) -> None:
    """First deploy, replacement, one that fails half-way, and the end."""
    first = begun(client, client.synthesise())
    claim(first).take()
    assert routes(client) == set(), "CloudFormation makes them once the gateway is complete"
    assert signal(client, success=True) == "CREATE_COMPLETE"
    assert [state for _, state in routes(client)] == ["blackhole"]
    assert claim(first).lead_if_mine(), "which the watch does within seconds"
    assert routes(client) == {(card_of(client, first).interface, "active")}

    client.text += "gateway: {image: debian-12}\n"
    second = begun(client, client.synthesise(), other_than=first)
    claim(second).take()
    here = {(card_of(client, second).interface, "active")}
    assert claim(first).lead_if_mine() == [], "which does not know yet that it lost the address"
    assert routes(client) == here
    assert signal(client, success=True) == "UPDATE_COMPLETE"
    assert client.aws.instance(client.name).elastic_ip == IPv4Address(client.address["PublicIp"])
    assert routes(client) == here, "no deploy touches them"

    client.text = client.text.replace("debian-12", "debian-13")
    third = begun(client, client.synthesise(), other_than=second)
    with monkeypatch.context() as bad_day:
        bad_day.setattr(aws, "lead", refusing(card_of(client, third).interface))
        with pytest.raises(Failed):
            claim(third).take()
    assert client.address["InstanceId"] == second.instance_id
    assert routes(client) == here
    assert signal(client, success=False) == "UPDATE_ROLLBACK_COMPLETE"
    assert client.address["InstanceId"] == second.instance_id

    assert client.destroy() == "DELETE_COMPLETE"
    assert routes(client) == set(), "plain `cdk destroy` leaves none behind"


def test_a_replacement_that_dies_with_the_address(client: Standing, claim: Callable[[Ec2Instance], Claim]) -> None:
    """CloudFormation ends it, the address is free, and the old gateway has it again at its next look."""
    client.deploy()
    old = client.aws.instance(client.name)
    client.text += "gateway: {image: debian-12}\n"
    claim(begun(client, client.synthesise(), other_than=old)).take()
    assert claim(old).take_if_free() == client.address["InstanceId"] != old.instance_id
    assert signal(client, success=False) == "UPDATE_ROLLBACK_COMPLETE"
    assert claim(old).take_if_free() == ""
    assert client.address["InstanceId"] == old.instance_id
    claim(old).lead_if_mine()
    assert routes(client) == {(card_of(client, old).interface, "active")}
    client.destroy()


def test_a_deploy_that_fails_after_the_signal(client: Standing, claim: Callable[[Ec2Instance], Claim]) -> None:
    """What needs the new instance's id comes after it, and may fail: the old gateway has address and routes again."""
    client.deploy()
    old = client.aws.instance(client.name)
    client.text += "gateway: {image: debian-12}\n"
    with client.aws.refusing("AWS::SSM::Association"):
        claim(begun(client, client.synthesise(), other_than=old)).take()
        assert signal(client, success=True) == "UPDATE_ROLLBACK_COMPLETE"
    assert claim(old).take_if_free() == ""
    assert client.address["InstanceId"] == old.instance_id
    claim(old).lead_here()
    assert routes(client) == {(card_of(client, old).interface, "active")}
    assert claim(old).astray() == []
    client.destroy()


def test_the_address_of_a_successor_that_does_not_run(client: Standing, claim: Callable[[Ec2Instance], Claim]) -> None:
    """EC2 leaves it the address until it is gone: shutting down takes minutes at times."""
    client.deploy()
    old = client.aws.instance(client.name)
    client.text += "gateway: {image: debian-12}\n"
    new = begun(client, client.synthesise(), other_than=old)
    claim(new).take()
    client.aws.clients.ec2.stop_instances(InstanceIds=[new.instance_id])
    assert client.address["InstanceId"] == new.instance_id
    assert claim(old).take_if_free() == ""
    assert client.address["InstanceId"] == old.instance_id
    assert signal(client, success=False) == "UPDATE_ROLLBACK_COMPLETE"
    assert client.address["InstanceId"] == old.instance_id
    client.destroy()


def test_a_route_table_that_is_gone_hides_no_other(client: Standing, claim: Callable[[Ec2Instance], Claim]) -> None:
    client.deploy()
    gateway = client.aws.instance(client.name)
    more = replace(claim(gateway), tables=["rtb-0fffffff", TABLE])
    more.lead_here()
    assert routes(client) == {(card_of(client, gateway).interface, "active")}
    assert {one.split()[-1] for one in more.astray()} == {"rtb-0fffffff"}
    client.destroy()


def test_a_stack_of_before(client: Standing, claim: Callable[[Ec2Instance], Claim]) -> None:
    """Removing the old association takes nothing, and the routes are led back within seconds."""
    client.begin(json.loads(FORMER.read_text()))
    assert client.settle(signal=True) == "CREATE_COMPLETE"
    old = client.aws.instance(client.name)
    assert old.public_ip == IPv4Address(client.address["PublicIp"])
    assert [state for _, state in routes(client)] == ["active"]

    new = begun(client, client.synthesise(), other_than=old)
    assert client.address["InstanceId"] == old.instance_id
    claim(new).take()
    here = {(card_of(client, new).interface, "active")}
    assert routes(client) == here
    assert signal(client, success=True) == "UPDATE_COMPLETE"
    assert client.address["InstanceId"] == new.instance_id
    assert client.aws.instance(client.name).elastic_ip == IPv4Address(client.address["PublicIp"])
    claim(new).lead_if_mine()
    assert routes(client) == here
    assert "DELETE_FAILED" not in {one["ResourceStatus"] for one in client.aws.events(f"fixtunnel-{client.name}")}
    client.destroy()


def test_the_log_of_a_stack_of_before_stays(client: Standing) -> None:
    """It is the stack's own: made neither twice, which CloudWatch refuses, nor as one that an earlier stack left."""
    client.begin(json.loads(FORMER.read_text()))
    client.settle(signal=True)
    logs: Any = client.aws.clients.client("logs")
    event = {"timestamp": int(time.time() * 1000), "message": "LSE_Proquote: up"}
    logs.put_log_events(logGroupName=LOG, logStreamName=log_place("acme").said, logEvents=[event])
    assert client.deploy(signal=False) == "UPDATE_ROLLBACK_COMPLETE"
    assert client.deploy() == "UPDATE_COMPLETE"
    assert client.aws.parameters(client.name)[LOG_PARAMETER] == ""
    client.destroy()
    assert client.deploy() == "CREATE_COMPLETE"
    assert client.aws.parameters(client.name)[LOG_PARAMETER] == LOG
    client.destroy()
    assert [one["message"] for one in logs.filter_log_events(logGroupName=LOG)["events"]] == [event["message"]]


def test_a_stack_of_before_whose_new_gateway_fails(
    client: Standing,
    claim: Callable[[Ec2Instance], Claim],
    monkeypatch: pytest.MonkeyPatch,
    no_waiting: None,
) -> None:
    """Its gateway has one private address only, and does not know how to take anything again: it is given back."""
    client.begin(json.loads(FORMER.read_text()))
    client.settle(signal=True)
    old = client.aws.instance(client.name)
    new = begun(client, client.synthesise(), other_than=old)
    with monkeypatch.context() as bad_day:
        bad_day.setattr(aws, "lead", refusing(card_of(client, new).interface))
        with pytest.raises(Failed):
            claim(new).take()
    assert client.aws.instances(client.name)[0].public_ip == IPv4Address(client.address["PublicIp"])
    assert signal(client, success=False) == "UPDATE_ROLLBACK_COMPLETE"
    assert client.address["InstanceId"] == old.instance_id
    client.destroy()


def refusing(interface: str) -> Callable[[str, str, str], None]:
    """An EC2 that leads no route to this interface."""
    lead = aws.lead

    def refused(table: str, network: str, target: str) -> None:
        if target == interface:
            raise Failed("AWS: replace route failed", "UnauthorizedOperation")
        lead(table, network, target)

    return refused


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is so at once."""
    monkeypatch.setattr("fixtunnel.claim.ROUTES_LIMIT_SECONDS", 0)
