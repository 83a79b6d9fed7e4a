"""A gateway's life on the embedded AWS: made, changed, replaced, and each way in which that fails.

What it shows is wiring: that our template, in CloudFormation's order, keeps the address where a venue finds it.
"""

from __future__ import annotations

import json
from hashlib import sha256
from ipaddress import IPv4Network
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.account import FirewallRule
from tests.emulator.standing import Standing, Template
from tests.stacks.synthesis import references
from userdata.program import archive
from userdata.render import Deployed, Object, render

PEER = IPv4Network("198.51.100.10/32")


def gateways(template: Template) -> list[Any]:
    """The instances of a template."""
    return [one for one in template["Resources"].values() if one["Type"] == "AWS::EC2::Instance"]


def spoil_what_comes_after_the_gateway(template: Template) -> None:
    """Let a resource fail that needs the gateway, so after its signal: of a type that nobody can make."""
    (gateway,) = [name for name, one in template["Resources"].items() if one in gateways(template)]
    for one in template["Resources"].values():
        if one["Type"] == "AWS::CloudWatch::Alarm" and gateway in references(one):
            one["Type"] = "AWS::Nothing::AtAll"


def spoil_the_limit(template: Template) -> None:
    """Wait for the gateway's signal for a moment only."""
    for one in gateways(template):
        one["CreationPolicy"]["ResourceSignal"]["Timeout"] = "PT0.3S"


def test_create(client: Standing) -> None:
    assert client.deploy() == "CREATE_COMPLETE"
    gateway = client.aws.instance(client.name)
    outputs = client.aws.outputs(client.name)
    assert outputs["InstanceId"] == gateway.instance_id
    assert outputs["PublicAddress"] == str(gateway.elastic_ip)
    assert gateway.public_ip not in (None, gateway.elastic_ip), "its own way to AWS stays"
    assert gateway.elastic_ip in IPv4Network("203.0.113.0/24")
    assert gateway.private_ip in gateway.subnet
    assert (gateway.http_tokens, gateway.hop_limit, gateway.source_dest_check) == ("required", 1, True)
    ingress = {rule for rule in gateway.rules if rule.direction == "in"}
    ike = {
        FirewallRule(direction="in", protocol="udp", network=PEER, from_port=port, to_port=port) for port in (500, 4500)
    }
    assert ingress == ike


def test_secret_begins_empty(client: Standing) -> None:
    client.deploy()
    (arn,) = client.aws.secrets(client.name).values()
    with pytest.raises(ClientError, match="can't find the specified secret value"):
        client.aws.clients.secrets.get_secret_value(SecretId=arn)
    client.aws.set_secret(arn, "canary")
    assert client.aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == "canary"


def test_user_data_is_byte_identical(client: Standing) -> None:
    template = client.synthesise()
    client.deploy()
    (logical_id,) = [name for name, one in template["Resources"].items() if one in gateways(template)]
    deployed = Deployed(
        elastic_ip=client.aws.outputs(client.name)["PublicAddress"],
        allocation=client.aws.outputs(client.name)["AllocationId"],
        region="eu-west-2",
        stack=f"fixtunnel-{client.name}",
        resource=logical_id,
        secrets=client.aws.secrets(client.name),
        program=program(client),
    )
    assert client.aws.instance(client.name).user_data == render(client.load(), deployed).encode()


def program(client: Standing) -> Object:
    """The gateway's program, where the CDK's list of assets says that it is put."""
    assets = json.loads((client.folder / "cdk.out" / f"fixtunnel-{client.name}.assets.json").read_text())["files"]
    (place,) = [one for one in assets.values() if one["source"]["path"].endswith(".tar")]
    (target,) = place["destinations"].values()
    bucket = "cdk-hnb659fds-assets-123456789012-eu-west-2"
    return Object(bucket=bucket, key=target["objectKey"], sha256=sha256(archive()).hexdigest())


def test_address_comes_with_the_signal(client: Standing) -> None:
    client.begin(client.synthesise())
    gateway = client.aws.wait_for_instance(client.name, limit=20)
    assert gateway.elastic_ip is None
    assert client.settle(signal=True) == "CREATE_COMPLETE"
    assert client.kept_addresses == [str(client.aws.instance(client.name).elastic_ip)]


def test_update_in_place(client: Standing) -> None:
    client.deploy()
    before, association = client.aws.instance(client.name), client.address["AssociationId"]
    client.text += "tags: {owner: trading}\n"
    assert client.deploy() == "UPDATE_COMPLETE"
    assert client.aws.instance(client.name) == before
    assert client.address["AssociationId"] == association
    assert {"Key": "owner", "Value": "trading"} in client.address["Tags"]


def test_replacement_keeps_the_address(client: Standing) -> None:
    client.deploy()
    old, address = client.aws.instance(client.name), client.address
    client.text += "gateway: {image: debian-12}\n"
    assert client.deploy() == "UPDATE_COMPLETE"
    new = client.aws.instance(client.name)
    assert new.instance_id != old.instance_id
    assert new.elastic_ip == old.elastic_ip
    assert client.address["AllocationId"] == address["AllocationId"]
    assert client.address["InstanceId"] == new.instance_id
    assert state(client, old.instance_id) == "terminated"
    assert client.kept_addresses == [address["PublicIp"]]
    assert "DELETE_FAILED" not in {one["ResourceStatus"] for one in client.aws.events(f"fixtunnel-{client.name}")}


def test_address_stays_while_a_replacement_boots(client: Standing) -> None:
    client.deploy()
    old = client.aws.instance(client.name)
    client.text += "gateway: {image: debian-12}\n"
    client.begin(client.synthesise())
    new = client.aws.wait_for_instance(client.name, limit=20, other_than={old.instance_id})
    assert client.address["InstanceId"] == old.instance_id
    assert new.public_ip not in (None, old.public_ip), "it installs by an address of its own"
    assert client.settle(signal=True) == "UPDATE_COMPLETE"


@pytest.mark.parametrize(
    ("signal", "spoil", "reason"),
    [
        pytest.param(False, lambda _: None, "Received FAILURE signal", id="it-signals-failure"),
        pytest.param(None, spoil_the_limit, "Failed to receive 1 resource signal", id="it-says-nothing"),
    ],
)
def test_failed_replacement_never_had_the_address(
    client: Standing, signal: bool | None, spoil: Any, reason: str
) -> None:
    client.name = f"failing-{abs(hash(reason)) % 10**6}"
    client.deploy()
    old, address = client.aws.instance(client.name), client.address
    client.text += "gateway: {image: debian-12}\n"
    assert client.deploy(signal=signal, spoil=spoil) == "UPDATE_ROLLBACK_COMPLETE"
    assert client.aws.instance(client.name) == old
    assert client.address == address, "the same association: it was never away"
    events = client.aws.events(f"fixtunnel-{client.name}")
    assert any(reason in one.get("ResourceStatusReason", "") for one in events)
    assert client.deploy() == "UPDATE_COMPLETE", "and the next deploy works"


def test_a_replacement_that_fails_after_its_claim_leaves_the_address_free(client: Standing) -> None:
    """Then the old gateway takes it again: it asks every ten seconds whether anybody has it."""
    client.deploy()
    old = client.aws.instance(client.name)
    client.text += "gateway: {image: debian-12}\n"
    assert client.deploy(spoil=spoil_what_comes_after_the_gateway) == "UPDATE_ROLLBACK_COMPLETE"
    assert client.aws.instance(client.name).instance_id == old.instance_id
    assert not client.address.get("AssociationId")
    assert client.deploy() == "UPDATE_COMPLETE", "and the next deploy works"


def test_address_can_be_moved_by_hand(client: Standing) -> None:
    client.deploy()
    gateway = client.aws.instance(client.name)
    client.aws.move_address(str(gateway.elastic_ip), instance_id=None)
    assert client.aws.instance(client.name).elastic_ip is None
    assert client.aws.instance(client.name).public_ip == gateway.public_ip
    client.aws.move_address(str(gateway.elastic_ip), instance_id=gateway.instance_id)
    assert client.aws.instance(client.name).elastic_ip == gateway.elastic_ip


def test_stack_is_protected(client: Standing) -> None:
    client.deploy()
    name = f"fixtunnel-{client.name}"
    clients = client.aws.clients
    clients.cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        clients.cloudformation.delete_stack(StackName=name)


def state(client: Standing, instance_id: str) -> str:
    """An instance's state."""
    answer: Any = client.aws.clients.ec2.describe_instances(InstanceIds=[instance_id])
    return str(answer["Reservations"][0]["Instances"][0]["State"]["Name"])
