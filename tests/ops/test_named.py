"""What the client file names in the firm's account: `plan` looks whether each is there, and whether the role's name is free."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from localaws.aws import EmbeddedAws
from ops.aws import Account
from ops.deploying import named
from ops.deploying.obstacle import Look
from tests.emulator.standing import Standing
from tests.ops.embedded import bootstrapped
from tests.ops.test_encryption import found

KEY = "arn:aws:kms:eu-west-2:123456789012:key/0a1b2c3d-0000-4000-8000-00000000020"
TOPIC = "arn:aws:sns:eu-west-2:123456789012:pager"
FOREIGN = "arn:aws:sns:eu-west-2:210987654321:desk"
BOUNDARY = "arn:aws:iam::123456789012:policy/desk/limits"
ALL = f"""\
tunnels:
  - venue: lse-proquote
    sender_comp_ids: [ACME]
    secret: {{arn: 'arn:aws:secretsmanager:eu-west-2:123456789012:secret:own-abcdef', kms_key_arn: '{KEY}1'}}
alarm_topics: ['{TOPIC}', '{FOREIGN}']
keys: {{volume: '{KEY}2', log: '{KEY}2'}}
role: {{name: named-gateway, permissions_boundary: '{BOUNDARY}'}}
sessions: {{key: '{KEY}3', bucket: named-sessions, bucket_key: '{KEY}3', log_group: /named/sessions}}
"""
THERE = {
    f"the KMS key {KEY}2": "keys.volume and keys.log",
    f"the KMS key {KEY}1": "tunnels.0.secret.kms_key_arn",
    f"the KMS key {KEY}3": "sessions.key and sessions.bucket_key",
    f"the SNS topic {TOPIC}": "alarm_topics",
    f"the SNS topic {FOREIGN}": "alarm_topics",
    f"the policy {BOUNDARY}": "role.permissions_boundary",
    "the log group /named/sessions": "sessions.log_group",
    "the bucket named-sessions": "sessions.bucket",
}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with bootstrapped(tmp_path_factory.mktemp("aws"), signals="wait") as aws:
        yield aws


@pytest.fixture
def client(aws: EmbeddedAws, tmp_path: Path) -> Standing:
    return Standing(aws=aws, folder=tmp_path, name="desk", text=ALL)


def test_what_is_not_there_is_refused_and_what_is_there_is_not(
    aws: EmbeddedAws, account: Account, client: Standing
) -> None:
    said = found(named.parts, account, client)
    assert [one.split(" is not there\n")[0] for one in said] == [f"refused: {what}" for what in THERE]
    assert all(f"correct {fields}, account" in one for one, fields in zip(said, THERE.values(), strict=True))
    assert "aws logs create-log-group --log-group-name /named/sessions" in said[-2]

    client.bring_what_exists()
    assert found(named.parts, account, client) == []
    kms: Any = aws.clients.client("kms")
    kms.disable_key(KeyId=f"{KEY}3".rpartition("/")[2])
    (disabled,) = found(named.parts, account, client)
    assert disabled.startswith(f"refused: the KMS key {KEY}3 is not enabled: Disabled\n")


def test_what_may_not_be_looked_at_is_said_one_by_one(aws: EmbeddedAws, account: Account, client: Standing) -> None:
    """A topic of another account mostly answers nobody of ours: that hides no other. SNS has a word of its own for it."""

    def refuse(**_: Any) -> Any:
        answer = {"Error": {"Code": "AuthorizationError", "Message": "not authorized"}, "ResponseMetadata": {}}
        return AWSResponse("", 403, HTTPHeaders(), None), answer

    look = Look(account=account, deployment=client.load(), stack=None, kept={})
    account.access._session.events.register("before-call", refuse)
    said = [str(one) for one in named.parts(look)]
    for one, what in zip(said, THERE, strict=True):
        assert one.startswith(f"warning: could not look whether {what} is there: AWS refuses ")


def test_a_role_of_the_name_that_another_made_is_refused(aws: EmbeddedAws, account: Account, client: Standing) -> None:
    client.bring_what_exists()
    client.text = "tunnels: [{venue: lse-proquote, sender_comp_ids: [ACME]}]\nrole: {name: named-gateway}\n"
    assert found(named.role, account, client) == []
    assert client.deploy() == "CREATE_COMPLETE"
    assert found(named.role, account, client) == [], "its own is no other's"
    client.name = "second"
    (said,) = found(named.role, account, client)
    assert said.startswith("refused: the role named-gateway is there already")


def test_a_boundary_that_is_not_there_fails_the_deploy(aws: EmbeddedAws, client: Standing) -> None:
    """As CreateRole does: so it is looked at before."""
    client.name = "unbound"
    client.text = (
        "tunnels: [{venue: lse-proquote, sender_comp_ids: [ACME]}]\n"
        "role: {permissions_boundary: 'arn:aws:iam::123456789012:policy/nosuch'}\n"
    )
    assert client.deploy() == "ROLLBACK_COMPLETE"
    reasons = " ".join(one.get("ResourceStatusReason", "") for one in aws.events("fixtunnel-unbound"))
    assert "policy/nosuch is not there" in reasons
