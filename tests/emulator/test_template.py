"""Intrinsic functions, parameters and order, each alone."""

from __future__ import annotations

from typing import Any

import pytest

from localaws.cloudformation.faults import CannotMake, Invalid
from localaws.cloudformation.schemas import replacing
from localaws.cloudformation.signals import Policy, Signals, seconds
from localaws.cloudformation.template import ABSENT, Values, given_parameters, parse, wanted

NAMES = {"Yes": "1", "Vpc": "vpc-1", "AWS::Region": "eu-west-2", "AWS::NoValue": ABSENT}
BODY = {
    "Conditions": {"IsYes": {"Fn::Equals": [{"Ref": "Yes"}, "1"]}, "IsNot": {"Fn::Not": [{"Condition": "IsYes"}]}},
    "Mappings": {"Sizes": {"small": {"disk": 8}}},
}


def values(body: dict[str, Any] | None = None) -> Values:
    return Values(body=body or BODY, names=dict(NAMES), attribute=lambda name, key: f"{name}/{key}")


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "Vpc"}, "vpc-1"),
        ({"Fn::GetAtt": ["Group", "GroupId"]}, "Group/GroupId"),
        ({"Fn::GetAtt": "Group.GroupId"}, "Group/GroupId"),
        ({"Fn::Join": [":", ["a", {"Ref": "Vpc"}]]}, "a:vpc-1"),
        ({"Fn::Sub": "in ${AWS::Region}, ${Group.Id}, not ${!this}"}, "in eu-west-2, Group/Id, not ${this}"),
        ({"Fn::Sub": ["${Own} ${Vpc}", {"Own": {"Ref": "Yes"}}]}, "1 vpc-1"),
        ({"Fn::If": ["IsYes", "then", {"Ref": "Unknown"}]}, "then"),
        ({"Fn::If": ["IsNot", "then", "else"]}, "else"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::FindInMap": ["Sizes", "small", "disk"]}, 8),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "eu-west-2a"),
        ({"Fn::Base64": {"Fn::Join": ["", ["\u00e4 $x ${y}\t\n", {"Ref": "Yes"}]]}}, "w6QgJHggJHt5fQkKMQ=="),
        ({"kept": 1, "gone": {"Ref": "AWS::NoValue"}, "list": [{"Ref": "AWS::NoValue"}]}, {"kept": 1, "list": []}),
    ],
)
def test_function(node: Any, value: Any) -> None:
    assert values().of(node) == value


def test_what_does_not_exist_is_named() -> None:
    with pytest.raises(CannotMake, match="Nowhere"):
        values().of({"Ref": "Nowhere"})


def test_everything_comes_after_what_it_needs() -> None:
    resources = {
        "Last": {"Type": "T", "DependsOn": "Middle"},
        "Middle": {"Type": "T", "Properties": {"Text": {"Fn::Sub": "${First.Id}"}}},
        "First": {"Type": "T"},
        "Never": {"Type": "T", "Condition": "IsNot", "DependsOn": "Last"},
    }
    assert list(wanted(values({**BODY, "Resources": resources}))) == ["First", "Middle", "Last"]


def test_branch_that_does_not_hold_is_no_need() -> None:
    either = {"Type": "T", "Properties": {"Of": {"Fn::If": ["IsYes", "this", {"Ref": "Other"}]}}}
    resources = {"Either": either, "Other": {"Type": "T", "Properties": {"Of": {"Ref": "Either"}}}}
    assert list(wanted(values({**BODY, "Resources": resources}))) == ["Either", "Other"]


def test_circle_is_refused() -> None:
    resources = {"A": {"Type": "T", "DependsOn": "B"}, "B": {"Type": "T", "DependsOn": ["A"]}}
    with pytest.raises(Invalid, match="Circular"):
        wanted(values({**BODY, "Resources": resources}))


def test_template_without_resources_is_refused() -> None:
    with pytest.raises(Invalid, match="At least one Resources"):
        parse("Resources: {}")


def test_parameters_keep_their_previous_value_only_when_asked_to() -> None:
    body = {"Parameters": {"Kept": {"Type": "String", "Default": ""}}}
    asked = [{"ParameterKey": "Kept", "UsePreviousValue": True}]
    assert given_parameters(body, asked, {"Kept": "eipalloc-1"}) == {"Kept": "eipalloc-1"}
    assert given_parameters(body, [], {"Kept": "eipalloc-1"}) == {"Kept": ""}
    with pytest.raises(Invalid, match="must have values"):
        given_parameters({"Parameters": {"Needed": {"Type": "String"}}}, [], {})


@pytest.mark.parametrize(("duration", "value"), [("PT15M", 900), ("PT1H30M", 5400), ("PT0.5S", 0.5)])
def test_duration(duration: str, value: float) -> None:
    assert seconds(duration) == value


def test_second_signal_of_one_instance_counts_once() -> None:
    signals = Signals()
    signals.expect("Gateway")
    for _ in range(2):
        signals.send("Gateway", unique_id="i-1", status="SUCCESS")
    with pytest.raises(CannotMake, match=r"Failed to receive 2 resource signal\(s\)"):
        signals.wait("Gateway", Policy(count=2, limit=0.05))


def test_signal_that_nobody_waits_for_is_refused() -> None:
    with pytest.raises(Invalid, match="cannot be signaled"):
        Signals().send("Gateway", unique_id="i-1", status="SUCCESS")


@pytest.mark.parametrize(
    ("kind", "changed", "replaces"),
    [
        ("AWS::EC2::Instance", "ImageId", True),
        ("AWS::EC2::Instance", "NetworkInterfaces", True),
        ("AWS::EC2::Instance", "SourceDestCheck", False),
        ("AWS::EC2::EIPAssociation", "InstanceId", True),
        ("AWS::EC2::SecurityGroup", "SecurityGroupIngress", False),
        ("AWS::EC2::Route", "InstanceId", False),
        ("AWS::SecretsManager::Secret", "Description", False),
    ],
)
def test_what_replaces_is_as_in_aws(kind: str, changed: str, replaces: bool) -> None:
    found = replacing(kind, region="eu-west-2", old={changed: "old"}, new={changed: "new"})
    assert bool(found) is replaces
