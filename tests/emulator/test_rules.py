"""The rules of AWS that the local AWS keeps and moto does not know. Each rule's file names its source."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.ec2.exceptions import EC2ClientError

from localaws.aws import EmbeddedAws
from localaws.cloudformation.seeds import image_id
from localaws.rules.launches import volumes
from localaws.rules.pace import Pace
from tests.emulator.standing import LIMIT, Standing

Template = dict[str, Any]
DEBIAN = image_id("13", "amd64")
GOLDEN = "ami-0a0b0c0d0e0f00001"


def caller(aws: EmbeddedAws, service: Any, **retries: Any) -> Any:
    """A client as any program has it, which is no onlooker."""
    key = aws.where.key
    session: Any = boto3.Session(
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        region_name=aws.where.region,
    )
    return session.client(service, endpoint_url=aws.where.endpoint, config=Config(retries=cast("Any", retries)))


# -- CloudFormation ------------------------------------------------------------------------------------------------------


class Small:
    """A stack of a few resources, written down in the test."""

    def __init__(self, aws: EmbeddedAws, name: str) -> None:
        self.aws, self.name, self._api = aws, name, aws.clients.cloudformation

    def deploy(self, resources: Template) -> str:
        body = json.dumps({"Resources": resources})
        send: Any = self._api.update_stack if self.aws.status(self.name) else self._api.create_stack
        send(StackName=self.name, TemplateBody=body)
        deadline = time.monotonic() + LIMIT
        while (status := str(self.aws.status(self.name))).endswith("_IN_PROGRESS"):
            assert time.monotonic() < deadline, f"{self.name} is still {status} after {LIMIT} s"
            time.sleep(0.02)
        return status

    def id_of(self, logical_id: str) -> str:
        found = self._api.describe_stack_resources(StackName=self.name, LogicalResourceId=logical_id)
        return found["StackResources"][0]["PhysicalResourceId"]

    def told(self, logical_id: str) -> list[tuple[str, str]]:
        """Status and physical id of each event of a resource, the oldest first."""
        events = [one for one in self.aws.events(self.name)[::-1] if one["LogicalResourceId"] == logical_id]
        return [(one["ResourceStatus"], one["PhysicalResourceId"]) for one in events]


@pytest.fixture
def small(aws: EmbeddedAws, request: pytest.FixtureRequest) -> Iterator[Small]:
    found = Small(aws, request.node.name.replace("_", "-")[:60])
    yield found
    aws.clients.cloudformation.delete_stack(StackName=found.name)


def network(table: str, **at_association: Any) -> Template:
    """A subnet with two route tables, one of them its own."""
    vpc = {"VpcId": {"Ref": "Vpc"}}
    association = {"SubnetId": {"Ref": "Subnet"}, "RouteTableId": {"Ref": table}}
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.91.0.0/24"}},
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {**vpc, "CidrBlock": "10.91.0.0/24"}},
        "One": {"Type": "AWS::EC2::RouteTable", "Properties": vpc},
        "Two": {"Type": "AWS::EC2::RouteTable", "Properties": vpc},
        "Used": {"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": association, **at_association},
    }


def test_what_is_deleted_first_is_gone_before_its_successor_is_made(small: Small) -> None:
    assert small.deploy(network("One")) == "CREATE_COMPLETE"
    old = small.id_of("Used")
    assert small.deploy(network("Two")) == "UPDATE_COMPLETE"
    new, told = small.id_of("Used"), small.told("Used")
    assert new != old
    assert told.index(("DELETE_COMPLETE", old)) < told.index(("UPDATE_IN_PROGRESS", new))


def test_a_failure_in_between_leaves_nothing_until_the_roll_back_makes_another(small: Small) -> None:
    small.deploy(network("One"))
    old = small.id_of("Used")
    with small.aws.refusing("AWS::EC2::SubnetRouteTableAssociation"):
        assert small.deploy(network("Two")) == "UPDATE_ROLLBACK_COMPLETE"
    told = small.told("Used")
    failed = next(n for n, (status, _) in enumerate(told) if status == "UPDATE_FAILED")
    assert told.index(("DELETE_COMPLETE", old)) < failed, "it was gone when its successor failed"
    again = small.id_of("Used")
    assert again != old
    assert [status for status, id in told[failed:] if id == again] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]


def test_describe_stacks_is_throttled_and_a_client_that_tries_again_gets_through(aws: EmbeddedAws) -> None:
    hasty = caller(aws, "cloudformation", total_max_attempts=1)
    patient = caller(aws, "cloudformation", mode="standard", total_max_attempts=8)
    with pytest.raises(ClientError, match=r"Throttling.*Rate exceeded"):
        for _ in range(60):
            hasty.describe_stacks()
    for _ in range(7):
        patient.describe_stacks()


def test_a_pace_is_of_the_last_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.1, 0.2, 1.05, 1.06])
    monkeypatch.setattr("localaws.rules.pace.time.monotonic", lambda: next(clock))
    pace = Pace(2)
    assert [pace.take() for _ in range(5)] == [True, True, False, True, False]


# -- EC2 -----------------------------------------------------------------------------------------------------------------


def test_an_internet_gateway_stays_while_an_address_is_mapped(client: Standing) -> None:
    client.deploy()
    ec2: Any = client.aws.clients.ec2
    gateway = client.aws.instance(client.name)
    at = [{"Name": "attachment.vpc-id", "Values": [gateway.vpc_id]}]
    (found,) = ec2.describe_internet_gateways(Filters=at)["InternetGateways"]
    with pytest.raises(ClientError, match=r"DependencyViolation.*mapped public address.*API Reference"):
        ec2.detach_internet_gateway(InternetGatewayId=found["InternetGatewayId"], VpcId=gateway.vpc_id)


def test_a_network_cannot_change_under_a_gateway_that_lives(client: Standing) -> None:
    client.deploy()
    before, address = client.aws.instance(client.name), client.address
    client.text += "network: {cidr: 10.99.0.0/26}\n"
    assert client.deploy() == "UPDATE_ROLLBACK_COMPLETE"
    assert client.aws.instance(client.name) == before
    assert client.address == address
    assert client.destroy() == "DELETE_COMPLETE"


def mapping(name: str, **ebs: Any) -> dict[str, Any]:
    return {"DeviceName": name, "Ebs": ebs}


ROOT = [mapping("/dev/sda1", SnapshotId="snap-1", VolumeSize=20, VolumeType="gp3", DeleteOnTermination=True)]


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ([], [("/dev/sda1", 20, None)]),
        ([mapping("/dev/sda1", Encrypted=True)], [("/dev/sda1", 20, True)]),
        ([mapping("/dev/sda1", Encrypted=True, VolumeSize=30)], [("/dev/sda1", 30, True)]),
        ([mapping("/dev/xvda", Encrypted=True, VolumeSize=8)], [("/dev/sda1", 20, None), ("/dev/xvda", 8, True)]),
    ],
)
def test_a_launch_lays_its_mapping_over_the_images(given: list[Any], made: list[Any]) -> None:
    found = [(one["DeviceName"], one["Ebs"]["VolumeSize"], one["Ebs"].get("Encrypted")) for one in volumes(ROOT, given)]
    assert found == made


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            mapping("/dev/sda1", VolumeSize=8),
            "Volume of size 8GB is smaller than snapshot 'snap-1', expect size >= 20GB",
        ),
        (mapping("/dev/xvda", Encrypted=True), "Either snapshot ID or volume size must be provided for: /dev/xvda"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(given: Any, words: str) -> None:
    with pytest.raises(EC2ClientError, match="InvalidBlockDeviceMapping") as refused:
        volumes(ROOT, [given])
    assert words in str(refused.value.message)


@pytest.fixture
def launch(aws: EmbeddedAws) -> Iterator[Callable[..., Any]]:
    """Run an instance in a network of its own, and end it."""
    ec2: Any = aws.clients.ec2
    subnet = ec2.create_subnet(VpcId=ec2.create_vpc(CidrBlock="10.92.0.0/26")["Vpc"]["VpcId"], CidrBlock="10.92.0.0/26")
    made: list[str] = []

    def run(image: str, **more: Any) -> str:
        answer = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet["Subnet"]["SubnetId"], **more)
        made.append(answer["Instances"][0]["InstanceId"])
        return made[-1]

    yield run
    if made:
        ec2.terminate_instances(InstanceIds=made)


def test_a_golden_image_brings_a_root_of_its_own(aws: EmbeddedAws, launch: Callable[..., str]) -> None:
    ec2: Any = aws.clients.ec2
    aws.bring({"image": {"ami": GOLDEN, "architecture": "amd64", "root_device": "/dev/sda1", "root_gib": 20}})
    (image,) = ec2.describe_images(ImageIds=[GOLDEN])["Images"]
    assert (image["RootDeviceName"], image["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"]) == ("/dev/sda1", 20)
    id = launch(GOLDEN, BlockDeviceMappings=[mapping("/dev/xvda", VolumeSize=8, Encrypted=True)])
    at: Any = [{"Name": "attachment.instance-id", "Values": [id]}]
    found = {one["Attachments"][0]["Device"]: one["Encrypted"] for one in ec2.describe_volumes(Filters=at)["Volumes"]}
    assert found == {"/dev/sda1": False, "/dev/xvda": True}
    with pytest.raises(ClientError, match=r"smaller than snapshot.*AWS: EC2 User Guide"):
        launch(GOLDEN, BlockDeviceMappings=[mapping("/dev/sda1", VolumeSize=8)])


def test_the_console_is_late_unless_the_latest_is_asked_for(aws: EmbeddedAws, launch: Callable[..., str]) -> None:
    ec2, id = aws.clients.ec2, launch(DEBIAN)
    assert "Output" not in ec2.get_console_output(InstanceId=id)
    assert ec2.get_console_output(InstanceId=id, Latest=True)["Output"]


def test_a_gateway_has_unlimited_credits_and_its_volume_its_tags(client: Standing) -> None:
    client.text += "tags: {cost-centre: trading}\n"
    client.deploy()
    ec2: Any = client.aws.clients.ec2
    id = client.aws.instance(client.name).instance_id
    (credits,) = ec2.describe_instance_credit_specifications(InstanceIds=[id])["InstanceCreditSpecifications"]
    assert credits["CpuCredits"] == "unlimited"
    (volume,) = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [id]}])["Volumes"]
    assert {"Key": "cost-centre", "Value": "trading"} in volume["Tags"]
    assert volume["Encrypted"] and volume["Size"] == 8


# -- SNS -----------------------------------------------------------------------------------------------------------------


def test_mail_is_unconfirmed_until_its_reader_confirms_it(client: Standing) -> None:
    client.text = client.text.replace("fix-ops@", "confirming@")
    client.deploy()
    sns = client.aws.clients.client("sns")

    def shown() -> str:
        found = [one for one in sns.list_subscriptions()["Subscriptions"] if one["Endpoint"].startswith("confirming@")]
        assert len(found) == 1
        return str(found[0]["SubscriptionArn"])

    assert shown() == "PendingConfirmation"
    client.aws.confirm_mail("confirming@example.com")
    assert shown().startswith("arn:aws:sns:")
