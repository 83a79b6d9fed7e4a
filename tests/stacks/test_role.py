"""What the gateway may do in AWS: these statements, word for word, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.literal import loaded
from tests.paths import ROOT
from tests.stacks.synthesis import Stack, synthesise
from tests.unit.model.example import CLIENT, VENUE, edited, write

SECRET = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:acme/lse-AbCdEf"
_SESSIONS = [
    *("ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage"),
    *("ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply"),
    *("ssm:DescribeAssociation", "ssm:ListAssociations", "ssm:ListInstanceAssociations"),
    *("ssm:UpdateAssociationStatus", "ssm:UpdateInstanceAssociationStatus", "ssm:UpdateInstanceInformation"),
    *("ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel"),
    *("ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"),
]
KEY = "arn:aws:kms:eu-west-2:123456789012:key/0a1b2c3d-0000-4000-8000-000000000001"


def statements(stack: Stack) -> dict[str, list[dict[str, Any]]]:
    """The role's statements by the name of their policy."""
    policies = stack.one("IAM::Role")["Policies"]
    return {policy["PolicyName"]: policy["PolicyDocument"]["Statement"] for policy in policies}


def test_nothing_but_its_own_policies(stack: Stack) -> None:
    role = stack.one("IAM::Role")
    assert role.keys() - {"Tags"} == {"AssumeRolePolicyDocument", "Policies"}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert not stack.all("IAM::Policy")
    assert not stack.all("IAM::ManagedPolicy")
    assert statements(stack).keys() == {
        *("Secrets", "Program", "Signal", "Operations", "Metrics", "Log", "Address", "Sessions"),
        *(["Routes"] if stack.all("EC2::NetworkInterface") else []),
    }


def test_only_what_has_no_resource_has_a_wildcard(stack: Stack) -> None:
    wild = [action for parts in statements(stack).values() for part in parts for action in wildcards(part)]
    assert sorted(wild) == sorted(set(wild)), "each once"
    known = {
        *_SESSIONS,
        "cloudwatch:PutMetricData",
        "ec2:AssociateAddress",
        "ec2:DescribeAddresses",
        "ec2:DescribeInstances",
    }
    assert set(wild) == known | ({"ec2:DescribeRouteTables"} if stack.all("EC2::NetworkInterface") else set())
    assert all("*" not in str(part["Action"]) for parts in statements(stack).values() for part in parts)


def wildcards(statement: dict[str, Any]) -> list[str]:
    """The actions of a statement that names its resources by a wildcard."""
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    return actions if "*" in str(statement["Resource"]) else []


def test_takes_its_own_address_to_interfaces_of_its_own_vpc(stacks: dict[str, Stack]) -> None:
    """EC2 asks for both, so the allocation alone is enough to hold it to one address."""
    allocation, interface, seeing = statements(stacks["lse-proquote"])["Address"]
    assert allocation["Action"] == interface["Action"] == "ec2:AssociateAddress"
    assert ":elastic-ip/" in str(allocation["Resource"])
    assert "*" not in str(allocation["Resource"])
    # In a VPC that is shared it is the owner's account that stands there.
    assert str(interface["Condition"]["ArnLike"]["ec2:Vpc"]).count("*") == 1
    assert ":vpc/" in str(interface["Condition"]["ArnLike"]["ec2:Vpc"])
    assert seeing["Action"] == ["ec2:DescribeAddresses", "ec2:DescribeInstances"]


def test_leads_routes_of_the_trading_hosts_tables_and_makes_none(stacks: dict[str, Stack]) -> None:
    leading, seeing = statements(stacks["acme-capital"])["Routes"]
    assert leading["Action"] == "ec2:ReplaceRoute"
    assert leading["Resource"]["Fn::Join"][1][-1].endswith(":route-table/rtb-0a1b2c3d4e5f60718")
    assert seeing["Action"] == "ec2:DescribeRouteTables"


def test_signals_its_own_stack(stack: Stack) -> None:
    (signal,) = statements(stack)["Signal"]
    assert signal == {
        "Action": "cloudformation:SignalResource",
        "Effect": "Allow",
        "Resource": {"Ref": "AWS::StackId"},
    }


@pytest.mark.parametrize("client", ["lse-proquote", "acme-capital"])
def test_puts_its_own_metrics(stacks: dict[str, Stack], client: str) -> None:
    """In one namespace for all a gateway could silence the alarm of another client."""
    (metrics,) = statements(stacks[client])["Metrics"]
    assert metrics["Action"] == "cloudwatch:PutMetricData"
    assert metrics["Condition"] == {"StringEquals": {"cloudwatch:namespace": f"fixtunnel/{client}"}}


def test_reads_its_own_parameter_and_writes_its_own_log(stacks: dict[str, Stack]) -> None:
    """By name, and no other client's."""
    own = statements(stacks["acme-capital"])
    (reading,), (writing,) = own["Operations"], own["Log"]
    assert reading["Action"] == "ssm:GetParameter"
    assert writing["Action"] == "logs:PutLogEvents"
    read, written = ([one["Fn::Join"][1][-1] for one in part["Resource"]] for part in (reading, writing))
    assert read == [f":parameter/fixtunnel/acme-capital/{name}" for name in ("agent-keys", "operations")]
    streams = {
        name: one["Properties"]["LogStreamName"]
        for name, one in stacks["acme-capital"].template["Resources"].items()
        if one["Type"] == "AWS::Logs::LogStream"
    }
    chosen = [one["Fn::If"] for one in written]
    assert sorted(kept for _, _, kept in chosen) == ["gateway", "state"]
    assert all(streams[made["Ref"]] == kept for _, made, kept in chosen)
    assert all(
        one["Fn::Join"][1][-2].endswith(":log-group:/fixtunnel/acme-capital:log-stream:") for one in writing["Resource"]
    )


def test_sessions(stack: Stack) -> None:
    """What AWS's agent asks for; not the managed policy, which reads every parameter of the account."""
    parts = {isinstance(one["Action"], str): one for one in statements(stack)["Sessions"]}
    document, sessions = parts[True], parts[False]
    assert document["Action"] == "ssm:GetDocument"
    assert document["Resource"]["Fn::Join"][1][-1] == "::document/AWS-UpdateSSMAgent"
    assert sessions["Action"] == _SESSIONS


def test_reads_the_stacks_own_secrets(stacks: dict[str, Stack]) -> None:
    stack = stacks["acme-capital"]
    (reading,) = statements(stack)["Secrets"]
    assert reading["Action"] == ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    made = [one["Fn::If"][1]["Ref"] for one in reading["Resource"]]
    assert sorted(made) == sorted(stack.all("SecretsManager::Secret"))


def test_reads_a_secret_of_ones_own_through_its_key(tmp_path: Path) -> None:
    client = edited(CLIENT, {"tunnels.0.secret": f"{{arn: '{SECRET}', kms_key_arn: '{KEY}'}}"})
    write(tmp_path, clients={"acme": client}, venues={"exchange": VENUE})
    stack = synthesise([loaded(tmp_path / "clients", tmp_path / "venues", "acme")])["acme"]
    reading, decrypting = statements(stack)["Secrets"]
    assert reading["Resource"] == SECRET
    assert (decrypting["Action"], decrypting["Resource"]) == ("kms:Decrypt", KEY)
    assert list(decrypting["Condition"]) == ["StringLike"]
    assert not stack.all("SecretsManager::Secret")


def test_the_boundary_that_the_page_asks_for_leaves_the_role_whole(stacks: dict[str, Stack]) -> None:
    """docs/account.md, "The role": whoever writes a boundary by its table denies the gateway nothing."""
    page = (ROOT / "docs" / "account.md").read_text()
    section = page.partition("\n## The role\n")[2].partition("\n## ")[0]
    written = set(re.findall(r"`([a-z0-9]+:[A-Z]\w+)`", section))
    parts = [part for stack in stacks.values() for parts in statements(stack).values() for part in parts]
    actions = {action for part in parts for action in as_list(part["Action"])}
    # A secret with a key of its own, a log group of the firm's, two gateways: no example has one of these.
    assert written - actions <= {"kms:Decrypt", "logs:CreateLogStream", "ec2:DisassociateAddress"}
    assert actions <= written


def as_list(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions
