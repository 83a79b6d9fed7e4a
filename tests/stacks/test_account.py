"""What a firm asks of its account: its topics, its keys, and how it wants roles to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.deployment import Deployment
from model.faults import InvalidInput
from tests.literal import loaded
from tests.stacks.edits import BOUNDARY, CLIENT, EIP, KEY, TOPIC, VENUE
from tests.stacks.synthesis import Stack, synthesise
from tests.unit.model.example import edited, write

KEYS = {name: f"{KEY[:-1]}{n}" for n, name in enumerate(("volume", "log", "alarms", "secrets"))}
ROLE = f"{{name: acme-gateway, path: /trading/, permissions_boundary: '{BOUNDARY}'}}"
STRICT = {
    "alarm_email": "ops@example.com",
    "alarm_topics": f"['{TOPIC}']",
    "keys": "{" + ", ".join(f"{name}: '{key}'" for name, key in KEYS.items()) + "}",
    "role": ROLE,
    "gateway.elastic_ip": EIP,
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return of(tmp_path_factory.mktemp("strict"), STRICT)


def of(folder: Path, edits: dict[str, str]) -> Stack:
    return synthesise([client(folder, edits)])["acme"]


def client(folder: Path, edits: dict[str, str]) -> Deployment:
    """The example of the tests with these edits."""
    write(folder, clients={"acme": edited(CLIENT, edits)}, venues={"exchange": VENUE})
    return loaded(folder / "clients", folder / "venues", "acme")


def test_each_key_encrypts_what_it_is_for(strict: Stack) -> None:
    (volume,) = strict.one("EC2::Instance")["BlockDeviceMappings"]
    assert (volume["Ebs"]["KmsKeyId"], volume["Ebs"]["Encrypted"]) == (KEYS["volume"], True)
    assert strict.one("Logs::LogGroup")["KmsKeyId"] == KEYS["log"]
    assert strict.one("SNS::Topic")["KmsMasterKeyId"] == KEYS["alarms"]
    assert {secret["KmsKeyId"] for secret in _all(strict, "SecretsManager::Secret")} == {KEYS["secrets"]}


def test_the_gateway_may_decrypt_its_secrets_and_nothing_else(strict: Stack) -> None:
    policies = {one["PolicyName"]: one["PolicyDocument"]["Statement"] for one in strict.one("IAM::Role")["Policies"]}
    (decrypt,) = (each for each in policies["Secrets"] if each["Action"] == "kms:Decrypt")
    assert decrypt["Resource"] == KEYS["secrets"]
    assert "kms:ViaService" in decrypt["Condition"]["StringEquals"]


def test_every_alarm_tells_the_mail_and_the_pager(strict: Stack) -> None:
    for alarm in _all(strict, "CloudWatch::Alarm"):
        assert TOPIC in alarm["AlarmActions"] and len(alarm["OKActions"]) == 2, alarm["AlarmDescription"]


def test_a_pager_alone_makes_no_topic(tmp_path: Path) -> None:
    stack = of(tmp_path, {"alarm_topics": f"['{TOPIC}']"})
    assert not stack.all("SNS::Topic")
    assert all(alarm["OKActions"] == [TOPIC] for alarm in _all(stack, "CloudWatch::Alarm"))


def test_the_role_is_as_the_account_wants_it(strict: Stack) -> None:
    role, profile = strict.one("IAM::Role"), strict.one("IAM::InstanceProfile")
    assert (role["RoleName"], role["Path"], role["PermissionsBoundary"]) == ("acme-gateway", "/trading/", BOUNDARY)
    assert profile["Path"] == "/trading/"


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1"])
def test_other_partitions_synthesise(tmp_path: Path, region: str) -> None:
    """No ARN of a template names a partition: it is AWS's own word for where the stack is."""
    stack = of(tmp_path, {"region": region})
    assert "arn:aws:" not in str(stack.template)


def test_what_is_of_another_region_is_refused(tmp_path: Path) -> None:
    edits = {**STRICT, "region": "eu-central-1"}
    faults = _faults(tmp_path, edits)
    assert [one for one in faults if "is of another region; write one of eu-central-1" in one] == [
        one for one in faults if one.split(": ")[2].startswith(("alarm_topics", "keys."))
    ]
    assert len(faults) == 1 + len(KEYS)


def _all(stack: Stack, kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in stack.all(kind).values()]


def _faults(folder: Path, edits: dict[str, str]) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        of(folder, edits)
    return [str(fault) for fault in caught.value.faults if fault.severity == "error"]
