"""Two gateways at once, while one replaces the other: the metadata service tells each of itself."""

from collections.abc import Iterator
from typing import Any

import pytest

from localaws.lag import LONGEST_SECONDS
from localaws.metadata.deployed import DeployedInstance, Instances
from localaws.serving.backend import Backend
from tests.unit.rehearsal.embedded import REGION, Deployed, Emulator


@pytest.fixture
def backend(emulator: Emulator) -> Backend:
    return Backend(path=emulator.socket, region=REGION)


@pytest.fixture
def another(emulator: Emulator, deployed: Deployed) -> Iterator[Any]:
    ec2 = emulator.client("ec2")
    first = ec2.describe_instances(InstanceIds=[deployed.instance_id])["Reservations"][0]["Instances"][0]
    made = ec2.run_instances(
        ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType="t3.small", SubnetId=first["SubnetId"]
    )["Instances"][0]
    yield made
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])


def test_word_of_an_association_may_come_as_late_as_it_ever_did(backend: Backend, deployed: Deployed) -> None:
    one = DeployedInstance(backend=backend, instance_id=deployed.instance_id, lag=0.0)
    assert one.facts().associations is not None
    one.be_late(True)
    assert one._associations.seconds == LONGEST_SECONDS
    one.be_late(False)
    assert one._associations.seconds == 0.0


def test_each_is_told_of_itself(backend: Backend, deployed: Deployed, another: Any) -> None:
    instances = Instances(backend=backend, first=deployed.instance_id)
    first = instances.at("127.0.0.1")
    assert first.instance_id == deployed.instance_id, "an address that is nobody's"
    assert instances.at(another["PrivateIpAddress"]).instance_id == another["InstanceId"]
    assert instances.at(first.facts().instance["PrivateIpAddress"]).instance_id == deployed.instance_id
