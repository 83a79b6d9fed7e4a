"""A client in an account with rules: keys of the firm's, a bound role, a pager."""

from __future__ import annotations

from typing import Any

from tests.emulator.standing import Standing
from tests.paths import STRICT as PATH
from userdata.contract import stack_name

KEY = "arn:aws:kms:eu-west-2:123456789012:key/0a1b2c3d-0000-4000-8000-00000000000"
STRICT = f"""\
tunnels:
  - venue: lse-proquote
    sender_comp_ids: [ACME]
alarm_email: fix-ops@example.com
alarm_topics: ['arn:aws:sns:eu-west-2:123456789012:pager']
keys: {{volume: '{KEY}1', log: '{KEY}2', alarms: '{KEY}2', secrets: '{KEY}3'}}
role: {{path: /trading/, permissions_boundary: 'arn:aws:iam::123456789012:policy/trading/boundary'}}
"""


def _reasons(client: Standing) -> str:
    return " ".join(one.get("ResourceStatusReason", "") for one in client.aws.events(stack_name(client.name)))


def test_an_account_with_rules(client: Standing) -> None:
    client.text = STRICT
    client.bring_what_exists()
    assert client.deploy() == "CREATE_COMPLETE"
    clients = client.aws.clients
    found: Any = clients.cloudformation.describe_stack_resources(StackName=stack_name(client.name))["StackResources"]
    made = {one["ResourceType"]: one["PhysicalResourceId"] for one in found}
    role = clients.iam.get_role(RoleName=made["AWS::IAM::Role"])["Role"]
    assert (role["Path"], role["PermissionsBoundary"]["PermissionsBoundaryArn"].rsplit("/", 1)[-1]) == (
        "/trading/", "boundary",
    )  # fmt: skip
    assert clients.secrets.describe_secret(SecretId=made["AWS::SecretsManager::Secret"])["KmsKeyId"] == f"{KEY}3"
    before = client.aws.outputs(client.name)["InstanceId"]
    client.text = STRICT.replace("/trading/, ", "/desk/, ").replace(f"log: '{KEY}2'", f"log: '{KEY}1'")
    assert client.deploy() == "UPDATE_COMPLETE"
    assert client.aws.outputs(client.name)["InstanceId"] == before, "the account's rules replace no gateway"


def test_a_key_that_is_not_there_fails_the_deploy_in_words(client: Standing) -> None:
    client.text = STRICT.replace(f"volume: '{KEY}1'", f"volume: '{KEY}9'")
    assert client.deploy() == "ROLLBACK_COMPLETE"
    assert "the KMS key" in _reasons(client) and "is not there" in _reasons(client)


def test_every_rule_at_once_deploys_goes_and_deploys_again(client: Standing) -> None:
    """The client that a scenario boots. What outlives its stack has its keys and its name, and is adopted with them."""
    client.name = "meridian-strict"
    client.text = (PATH / f"{client.name}.yaml").read_text().replace(f"name: {client.name}\n", "", 1)
    client.bring_what_exists()
    assert client.deploy() == "CREATE_COMPLETE"
    gateway = client.aws.instance(client.name)
    assert (gateway.public_ip, str(gateway.elastic_ip), gateway.role) == (None, "203.0.113.77", "meridian-fix-gateway")
    ways = {(rule.protocol, rule.from_port) for rule in gateway.rules if rule.direction == "out"}
    assert ("tcp", 80) not in ways and ("tcp", 3128) in ways
    client.destroy()
    assert client.deploy() == "CREATE_COMPLETE"
    client.destroy()
