"""A change set tells what an update would do by resolved values, as AWS's does, and the command reads it so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localaws.aws import EmbeddedAws
from ops.aws.stack import _change
from tests.emulator.standing import Standing
from userdata.contract import stack_name

TEXT = "tunnels: [{venue: lse-proquote, sender_comp_ids: [ACME]}]\n"


def _changes(client: Standing, *, text: str) -> dict[str, Any]:
    """What an update to this text would do, by the resource's kind."""
    client.text = text
    cloudformation, template = client.aws.clients.cloudformation, client.synthesise()
    named: Any = {"StackName": stack_name(client.name), "ChangeSetName": "look"}
    cloudformation.create_change_set(**named, TemplateBody=json.dumps(template), Parameters=client.parameters(template))
    said = cloudformation.describe_change_set(**named, IncludePropertyValues=True)
    cloudformation.delete_change_set(**named)
    return {one["ResourceChange"]["ResourceType"]: one["ResourceChange"] for one in said["Changes"]}


def _instance(client: Standing) -> Any:
    id = client.aws.outputs(client.name)["InstanceId"]
    return client.aws.clients.ec2.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]


@pytest.fixture(scope="module")
def client(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    made = Standing(aws=aws, folder=tmp_path_factory.mktemp("pinned"), name="pinned", text=TEXT)
    assert made.deploy() == "CREATE_COMPLETE"
    return made


def test_pinning_the_image_that_runs_changes_nothing(client: Standing) -> None:
    running = _instance(client)["ImageId"]
    assert _changes(client, text=f"gateway: {{ami: {running}}}\n{TEXT}") == {}


def test_another_image_replaces_and_has_both_values(client: Standing) -> None:
    running, other = _instance(client)["ImageId"], "ami-0a1b2c3d"
    found = _changes(client, text=f"gateway: {{ami: {other}}}\n{TEXT}")
    instance = found["AWS::EC2::Instance"]
    assert (instance["Action"], instance["Replacement"]) == ("Modify", "True")
    (detail,) = instance["Details"]
    target = detail["Target"]
    assert (target["Name"], target["BeforeValue"], target["AfterValue"]) == ("ImageId", running, other)


def test_what_changes_in_place_replaces_nothing(client: Standing) -> None:
    found = _changes(client, text=f"{TEXT}restart_window: {{days: [sun], start: '06:00', end: '08:00'}}\n")
    assert found and {one.get("Replacement") for one in found.values()} == {"False"}


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        ("ami-1", "ami-1", False),
        ("ami-1", "ami-2", True),
        (None, "ami-2", True),
        (None, None, True),
        ("{{changeSet:KNOWN_AFTER_APPLY}}", "{{changeSet:KNOWN_AFTER_APPLY}}", True),
    ],
)
def test_the_command_compares_resolved_values(before: str | None, after: str | None, is_told: bool) -> None:
    values = {"BeforeValue": before, "AfterValue": after}
    target = {"Attribute": "Properties", "Name": "ImageId", **{k: v for k, v in values.items() if v}}
    change: Any = {"Action": "Modify", "LogicalResourceId": "X", "ResourceType": "AWS::EC2::Instance"}
    found = _change({**change, "Replacement": "True", "Details": [{"Target": target}]})
    assert (found is not None) is is_told
