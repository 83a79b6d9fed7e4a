"""A client with a standby: what two gateways have in common, and what lets one of them take over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.literal import loaded
from tests.paths import CLIENTS, STRICT, VENUES
from tests.stacks.synthesis import Stack, synthesise
from userdata.contract import BEAT_PORT

STANDBY = "  standby: {subnet_id: subnet-0a1b2c3d4e5f60719, availability_zone: eu-west-2b}\n"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    folder = tmp_path_factory.mktemp("clients")
    text = (CLIENTS / "acme-capital.yaml").read_text().replace("  image: debian-13\n", f"  image: debian-13\n{STANDBY}")
    (folder / "acme-capital.yaml").write_text(text)
    return synthesise([loaded(folder, VENUES, "acme-capital")])["acme-capital"]


def standby_id(pair: Stack) -> str:
    (name,) = [name for name in pair.all("EC2::Instance") if name.startswith("Standby")]
    return name


def settings(pair: Stack, instance: str) -> str:
    return json.dumps(pair.all("EC2::Instance")[instance]["Properties"]["UserData"]).replace('\\"', '"')


def test_each_knows_the_other_one(pair: Stack) -> None:
    first, second = pair.instance_id, standby_id(pair)
    assert first.removeprefix("Gateway") == second.removeprefix("Standby")
    assert f'"resource": "{first}"' in settings(pair, first)
    assert f'"pair": {{"partner": "{second}"' in settings(pair, first)
    assert f'"pair": {{"partner": "{first}"' in settings(pair, second)
    assert ('"claims": true' in settings(pair, first), '"claims": false' in settings(pair, second)) == (True, True)


def test_each_asks_the_venue_to_forget_the_other_ones_sas(pair: Stack) -> None:
    for instance in (pair.instance_id, standby_id(pair)):
        assert "initial-contact=yes" in settings(pair, instance)


def test_they_are_in_two_zones_and_else_alike(pair: Stack) -> None:
    first, second = (dict(pair.all("EC2::Instance")[one]["Properties"]) for one in (pair.instance_id, standby_id(pair)))
    subnets = [one["NetworkInterfaces"][0]["SubnetId"] for one in (first, second)]
    assert subnets == ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"]
    differs = {key for key in first if first[key] != second[key]}
    assert differs == {"NetworkInterfaces", "Tags", "UserData"}


def test_the_address_moves_once_both_are_complete(pair: Stack) -> None:
    gateway = pair.all("EC2::Instance")[pair.instance_id]
    assert standby_id(pair) in gateway["DependsOn"]


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        ("EC2::SecurityGroupIngress", "SourceSecurityGroupId"),
        ("EC2::SecurityGroupEgress", "DestinationSecurityGroupId"),
    ],
)
def test_they_hear_each_other_and_nobody_else(pair: Stack, kind: str, other: str) -> None:
    rule = pair.one(kind)
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("udp", BEAT_PORT, BEAT_PORT)
    assert rule[other] == rule["GroupId"]
    assert not {"CidrIp", "CidrIpv6"} & rule.keys()


def test_their_key_is_drawn_by_aws_and_theirs_alone(pair: Stack) -> None:
    (name,) = [name for name in pair.all("SecretsManager::Secret") if name.startswith("PairKey")]
    secret = pair.all("SecretsManager::Secret")[name]
    assert secret["Properties"]["GenerateSecretString"]["PasswordLength"] == 64
    assert "DeletionPolicy" not in secret
    tags = {one["Key"]: one["Value"] for one in secret["Properties"]["Tags"]}
    assert tags["fixtunnel:client"] and "fixtunnel:tunnel" not in tags, "a policy may name it; it is no PSK"
    role = json.dumps(pair.one("IAM::Role"))
    assert f'{{"Ref": "{name}"}}' in role


def test_one_may_free_the_address_before_it_takes_it(pair: Stack, stacks: dict[str, Stack]) -> None:
    assert "ec2:DisassociateAddress" in json.dumps(pair.one("IAM::Role"))
    assert "ec2:DisassociateAddress" not in json.dumps(stacks["acme-capital"].one("IAM::Role"))


def test_a_lost_one_is_told(pair: Stack) -> None:
    alarms = [one["Properties"] for one in pair.all("CloudWatch::Alarm").values()]
    assert [one["MetricName"] for one in alarms if one.get("MetricName") == "PartnerHeard"] == ["PartnerHeard"]
    hosts = [one for one in alarms if one.get("MetricName") == "StatusCheckFailed_System"]
    watched = {one["Dimensions"][0]["Value"]["Ref"] for one in hosts}
    assert watched == {pair.instance_id, standby_id(pair)}


def test_a_single_gateway_has_nothing_of_it(stack: Stack) -> None:
    assert '"pair"' not in settings(stack, stack.instance_id)
    assert not [name for name in stack.template["Resources"] if "Pair" in name or "Standby" in name]


def test_without_public_addresses_neither_has_one(tmp_path: Path) -> None:
    text = (STRICT / "meridian-strict.yaml").read_text().replace("gateway:\n", f"gateway:\n{STANDBY}")
    (tmp_path / "meridian-strict.yaml").write_text(text)
    stack = synthesise([loaded(tmp_path, VENUES, "meridian-strict")])["meridian-strict"]
    cards = [one["Properties"]["NetworkInterfaces"][0] for one in stack.all("EC2::Instance").values()]
    assert [one["AssociatePublicIpAddress"] for one in cards] == [False, False]


def test_it_is_told_which_is_which(pair: Stack) -> None:
    outputs = pair.template["Outputs"]
    assert outputs["InstanceId"]["Value"] == {"Ref": pair.instance_id}
    assert outputs["StandbyInstanceId"]["Value"] == {"Ref": standby_id(pair)}
