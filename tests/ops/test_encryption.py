"""The keys of what is there already: a secret or a log group that an earlier stack left, and a secret of the firm's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.aws import EmbeddedAws
from ops.aws import Account
from ops.deploying import encryption, obstacles, surroundings
from ops.deploying.obstacle import Look, Obstacle
from tests.emulator.standing import Standing
from tests.ops.embedded import bootstrapped

KEY, OTHER = (f"arn:aws:kms:eu-west-2:123456789012:key/0a1b2c3d-0000-4000-8000-00000000010{n}" for n in (1, 2))
TUNNELS = "tunnels: [{venue: lse-proquote, sender_comp_ids: [ACME]}]\n"
KEYED = f"{TUNNELS}keys: {{secrets: '{KEY}', log: '{KEY}'}}\n"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with bootstrapped(tmp_path_factory.mktemp("aws"), signals="wait") as aws:
        yield aws


@pytest.fixture
def client(aws: EmbeddedAws, tmp_path: Path, request: pytest.FixtureRequest) -> Standing:
    name = re.sub("[^a-z]", "", request.node.name)[-20:]
    made = Standing(aws=aws, folder=tmp_path, name=name, text=KEYED.replace(KEY, OTHER))
    made.bring_what_exists()
    made.text = KEYED
    made.bring_what_exists()
    return made


def found(rule: Callable[[Look], Iterator[Obstacle]], account: Account, client: Standing) -> list[str]:
    stack, deployment = account.find_stack(client.name), client.load()
    kept = account.kept(deployment)
    return [str(one) for one in rule(Look(account=account, deployment=deployment, stack=stack, kept=kept))]


def test_a_secret_and_a_log_group_that_are_adopted_keep_their_keys(
    aws: EmbeddedAws, account: Account, client: Standing
) -> None:
    assert client.deploy() == "CREATE_COMPLETE"
    arn = aws.outputs(client.name)["SecretLSEProquote"]
    aws.set_secret(arn, "a-psk-of-a-test-Zq7w3Xk9")
    assert client.destroy() == "DELETE_COMPLETE"
    assert [found(rule, account, client) for rule in (encryption.secret_keys, encryption.log_key)] == [[], []]

    client.text = KEYED.replace(KEY, OTHER)
    (said,) = found(encryption.secret_keys, account, client)
    assert said.startswith(
        f"refused: the secret of LSE_Proquote is encrypted with {KEY}, and the gateway may not use that"
    )
    (log,) = found(encryption.log_key, account, client)
    assert log.startswith(f"warning: the log group /fixtunnel/{client.name}, which an earlier stack left, is not ")
    client.text = TUNNELS
    (without,) = found(encryption.secret_keys, account, client)
    assert without.startswith("refused:") and without.endswith("or name its key: keys.secrets")

    client.text = KEYED.replace(KEY, OTHER)
    assert f"aws secretsmanager update-secret --secret-id {arn} --kms-key-id {OTHER}" in said
    aws.clients.secrets.update_secret(SecretId=arn, KmsKeyId=OTHER)
    assert found(encryption.secret_keys, account, client) == []


def test_a_secret_that_is_not_there_yet_has_no_wrong_key(account: Account, client: Standing) -> None:
    """The first deploy makes it, with the key that the file names."""
    assert found(encryption.secret_keys, account, client) == []


def test_another_key_under_a_stack_that_stands_is_said(aws: EmbeddedAws, account: Account, client: Standing) -> None:
    assert client.deploy() == "CREATE_COMPLETE"
    assert found(encryption.secret_keys, account, client) == []
    client.text = KEYED.replace(KEY, OTHER)
    (said,) = found(encryption.secret_keys, account, client)
    assert said.startswith(f"warning: the secret of LSE_Proquote gets the key {OTHER} in place of {KEY}")
    assert f"fixtunnel secret set {client.name}" in said


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("", "refused: the secret of LSE_Proquote is encrypted with "),
        (f", kms_key_arn: '{OTHER}'", "refused: the secret of LSE_Proquote is encrypted with "),
        (f", kms_key_arn: '{KEY}'", None),
    ],
)
def test_a_secret_of_ones_own_has_the_key_that_the_file_names(
    aws: EmbeddedAws, account: Account, client: Standing, named: str, said: str | None
) -> None:
    secrets: Any = aws.clients.secrets
    arn = secrets.create_secret(Name=f"own-{client.name}", KmsKeyId=KEY, SecretString="x")["ARN"]
    client.text = f"tunnels: [{{venue: lse-proquote, sender_comp_ids: [A], secret: {{arn: '{arn}'{named}}}}}]\n"
    try:
        words = found(encryption.secret_keys, account, client)
        assert [one.partition(KEY)[0] for one in words] == ([said] if said else [])
        assert not said or f"kms_key_arn: {KEY}" in words[0]
    finally:
        secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


PAIR = """\
network:
  vpc_id: vpc-0a9b8c7d6e5f40011
  subnet_id: subnet-0a9b8c7d6e5f40011
  availability_zone: eu-west-2a
  route_table_ids: [rtb-0a9b8c7d6e5f40011]
gateway: {standby: {subnet_id: subnet-0a9b8c7d6e5f40012, availability_zone: eu-west-2b}}
trading_hosts: [10.71.1.0/24]
"""


def test_a_standbys_subnet_is_where_the_file_says(aws: EmbeddedAws, account: Account, client: Standing) -> None:
    client.text = PAIR + TUNNELS
    client.bring_what_exists()
    assert found(obstacles._network, account, client) == []
    assert found(surroundings.overlaps, account, client) == []
    client.text = client.text.replace("availability_zone: eu-west-2b", "availability_zone: eu-west-2c")
    (said,) = found(obstacles._network, account, client)
    assert said.startswith("refused: subnet-0a9b8c7d6e5f40012 lies in eu-west-2b")
    assert "gateway.standby.availability_zone" in said
    client.text = (PAIR + TUNNELS).replace("subnet-0a9b8c7d6e5f40012", "subnet-0fffffffffffffff9")
    (gone,) = found(obstacles._network, account, client)
    assert "subnet-0fffffffffffffff9 is not there" in gone and "gateway.standby.subnet_id" in gone
