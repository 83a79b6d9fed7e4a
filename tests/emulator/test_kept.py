"""What outlives a stack is adopted by the next one, never made a second time."""

from __future__ import annotations

import time
from ipaddress import IPv4Address
from typing import Any

import pytest

from ops.aws.adoption import KeptTwice
from tests.emulator.standing import Standing
from userdata.contract import log_place


def test_destroy_leaves_address_and_secret_alone(client: Standing) -> None:
    client.deploy()
    (arn,) = client.aws.secrets(client.name).values()
    client.aws.set_secret(arn, "canary")
    addresses = client.kept_addresses
    vpc = client.aws.instance(client.name).vpc_id
    assert client.destroy() == "DELETE_COMPLETE"
    assert client.kept_addresses == addresses
    assert client.aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == "canary"
    assert vpc not in [one["VpcId"] for one in client.aws.clients.ec2.describe_vpcs()["Vpcs"]]


def test_the_next_deploy_adopts_the_log_with_what_is_in_it(client: Standing) -> None:
    client.deploy()
    logs, name = client.aws.clients.client("logs"), f"/fixtunnel/{client.name}"
    event = {"timestamp": int(time.time() * 1000), "message": "LSE_Proquote: up"}
    logs.put_log_events(logGroupName=name, logStreamName=log_place("acme").said, logEvents=[event])
    client.destroy()
    assert client.deploy() == "CREATE_COMPLETE"
    assert client.deploy() in ("UPDATE_COMPLETE", "CREATE_COMPLETE"), "a later deploy goes on adopting it"
    assert logs.filter_log_events(logGroupName=name)["events"][0]["message"] == event["message"]


def test_next_deploy_adopts_them(client: Standing) -> None:
    client.deploy()
    secrets, addresses = client.aws.secrets(client.name), client.kept_addresses
    client.destroy()
    assert client.deploy() == "CREATE_COMPLETE"
    assert client.aws.secrets(client.name) == secrets
    assert client.kept_addresses == addresses == [str(client.aws.instance(client.name).elastic_ip)]
    assert next(iter(secrets.values())).encode() in client.aws.instance(client.name).user_data


def test_adopted_parts_stay_through_later_deploys(client: Standing) -> None:
    client.deploy()
    client.destroy()
    client.deploy()
    before, addresses = client.aws.instance(client.name), client.kept_addresses
    former = {"ParameterKey": "KeptPskArnLSEProquote", "UsePreviousValue": True}
    assert former in client.parameters(client.synthesise())
    client.text += "tags: {owner: trading}\n"
    assert client.deploy() == "UPDATE_COMPLETE"
    assert client.aws.instance(client.name).instance_id == before.instance_id
    assert client.kept_addresses == addresses == [client.address["PublicIp"]]
    client.destroy()
    assert client.kept_addresses == addresses, "nor does a stack that adopted it take it along"


def test_first_deploy_that_failed_leaves_nothing(client: Standing) -> None:
    assert client.deploy(signal=False) == "ROLLBACK_COMPLETE"
    assert (client.kept_addresses, client.aws.secrets(client.name)) == ([], {})
    client.destroy()
    assert client.deploy() == "CREATE_COMPLETE"
    assert len(client.kept_addresses) == len(client.aws.secrets(client.name)) == 1


def test_the_network_stays_in_its_zone_whatever_zone_comes_first(client: Standing) -> None:
    client.deploy()
    before = client.aws.instance(client.name)
    for owner in ("trading", "operations", "research"):
        client.text = f"{client.text.partition('tags:')[0]}tags: {{owner: {owner}}}\n"
        assert client.deploy() == "UPDATE_COMPLETE"
    after = client.aws.instance(client.name)
    assert (after.instance_id, after.subnet_id, after.zone) == (before.instance_id, before.subnet_id, before.zone)
    assert client.aws.parameters(client.name)["KeptZone"] == before.zone


def test_two_addresses_are_a_question(client: Standing) -> None:
    client.deploy()
    client.destroy()
    tags = [{"Key": "fixtunnel:client", "Value": client.name}]
    second: Any = [{"ResourceType": "elastic-ip", "Tags": tags}]
    client.aws.clients.ec2.allocate_address(Domain="vpc", TagSpecifications=second)
    with pytest.raises(KeptTwice, match="more than one Elastic IP"):
        client.deploy()


def test_existing_address_is_used_and_left(client: Standing) -> None:
    client.text += "gateway: {elastic_ip: {address: 203.0.113.77, allocation_id: eipalloc-0123456789abcdef0}}\n"
    client.bring_what_exists()
    assert client.deploy() == "CREATE_COMPLETE"
    assert client.aws.instance(client.name).elastic_ip == IPv4Address("203.0.113.77")
    assert client.kept_addresses == []


def test_tunnel_that_comes_back_gets_its_secret_back(client: Standing) -> None:
    client.text = client.text.replace("venue: lse-proquote", "venue: lse-proquote\n    name: Before")
    client.deploy()
    first = client.aws.secrets(client.name)
    client.text = client.text.replace("Before", "Meanwhile")
    client.deploy()
    assert set(client.aws.secrets(client.name)) == {"Before", "Meanwhile"}
    client.text = client.text.replace("Meanwhile", "Before")
    assert client.deploy() == "UPDATE_COMPLETE"
    assert client.aws.parameters(client.name)["KeptPskArnBefore"] == first["Before"]
    assert client.aws.secrets(client.name)["Before"] == first["Before"]
