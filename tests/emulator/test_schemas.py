"""Every resource type and property of our templates has a rule in the local AWS, as AWS's own schemas ask for one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from localaws.cloudformation.kinds import KINDS
from localaws.cloudformation.kinds.ruled import unruled
from localaws.cloudformation.schemas import CONDITIONAL, STRATEGIES, create_only, faults, schema
from tests.paths import CLIENTS, ROOT

REGION = "eu-west-2"
TEMPLATES = sorted((ROOT / "tests" / "snapshots" / "templates").glob("*.json"))
RESOURCES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    f"{path.stem}/{name}": (one["Type"], one.get("Properties", {}))
    for path in TEMPLATES
    for name, one in json.loads(path.read_text())["Resources"].items()
}
TYPES = sorted({kind for kind, _ in RESOURCES.values()})


def test_every_example_client_has_a_template() -> None:
    assert {path.stem for path in TEMPLATES} >= {path.stem for path in CLIENTS.glob("*.yaml")}


@pytest.mark.parametrize("name", RESOURCES)
def test_every_property_is_one_of_awss_and_has_a_rule(name: str) -> None:
    kind, properties = RESOURCES[name]
    assert schema(kind, REGION), f"AWS has no {kind} in {REGION}"
    assert [*faults(kind, properties, region=REGION), *unruled(kind, properties, region=REGION)] == []


@pytest.mark.parametrize("kind", TYPES)
def test_what_replaces_at_times_is_decided(kind: str) -> None:
    used = {key for of, properties in RESOURCES.values() if of == kind for key in properties}
    at_times = {path.split("/")[2] for path in schema(kind, REGION).get("conditionalCreateOnlyProperties", ())}
    assert used & at_times <= CONDITIONAL.get(kind, {}).keys()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_strategy_is_known(kind: str) -> None:
    assert schema(kind, REGION).get("replacementStrategy", STRATEGIES[0]) in STRATEGIES


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_rule_is_of_a_property_that_aws_has(kind: str) -> None:
    """And what AWS replaces for is not said to change in place."""
    rules = KINDS[kind]
    known = schema(kind, REGION)["properties"].keys()
    replaces = {path.split("/")[0] for path in create_only(kind, region=REGION)}
    # One class may serve two types, each with properties of its own.
    if (
        sum(one.__mro__[1] is rules.__mro__[1] for one in KINDS.values()) == 1
        or rules.__mro__[1].__name__ != "GroupRule"
    ):
        assert {rule.split("/")[0] for rule in (*rules.made_with, *rules.changes, *rules.notes)} <= known
    assert not replaces & {*rules.changes}
    assert {rule.split("/")[0] for rule in rules.made_with} <= replaces


@pytest.mark.parametrize(
    ("kind", "properties", "words"),
    [
        ("AWS::EC2::VPC", {"CidrBlok": "10.0.0.0/26"}, "Encountered unsupported property CidrBlok"),
        ("AWS::EC2::EIP", {"PublicIp": "203.0.113.7"}, "Encountered read-only property PublicIp"),
        ("AWS::EC2::VPC", {"VpcEncryptionControl": {"State": "x"}}, "read-only property VpcEncryptionControl/State"),
        ("AWS::EC2::RouteTable", {}, "required key [VpcId] not found (AWS: schema of AWS::EC2::RouteTable, required)"),
    ],
)
def test_what_cloudformation_refuses(kind: str, properties: Mapping[str, Any], words: str) -> None:
    assert any(words in fault for fault in faults(kind, properties, region=REGION))


@pytest.mark.parametrize(
    ("kind", "properties", "words"),
    [
        ("AWS::EC2::NatGateway", {}, "AWS::EC2::NatGateway is unknown here"),
        (
            "AWS::EC2::Instance",
            {"Monitoring": True},
            "Monitoring of AWS::EC2::Instance has no rule here, and AWS changes it",
        ),
        (
            "AWS::EC2::Instance",
            {"LaunchTemplate": {}},
            "LaunchTemplate of AWS::EC2::Instance has no rule here, and AWS replaces",
        ),
        (
            "AWS::EC2::Instance",
            {"NetworkInterfaces": [{"SubnetId": "subnet-1", "EnaSrdSpecification": {}}]},
            "NetworkInterfaces/EnaSrdSpecification of AWS::EC2::Instance has no rule here, and AWS replaces for it",
        ),
    ],
)
def test_what_has_no_rule_is_refused(kind: str, properties: Mapping[str, Any], words: str) -> None:
    (found,) = unruled(kind, properties, region=REGION)
    assert found.startswith(words)
