"""How an Elastic IP moves between private addresses, in EC2's own words (API Reference, AssociateAddress)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.aws import EmbeddedAws
from localaws.cloudformation.seeds import image_id
from localaws.lag import Lag


@dataclass
class Ec2:
    """Two instances with two private addresses each, and an Elastic IP."""

    ec2: Any
    ids: list[str]
    allocation: str
    ip: str

    def associate(self, at: int, private: str, **more: Any) -> str:
        card = self.card(at)["NetworkInterfaceId"]
        arguments = {"AllocationId": self.allocation, "NetworkInterfaceId": card, "PrivateIpAddress": private}
        return str(self.ec2.associate_address(**arguments, **more)["AssociationId"])

    def card(self, at: int) -> Any:
        found = self.ec2.describe_instances(InstanceIds=[self.ids[at]])["Reservations"][0]["Instances"][0]
        return found["NetworkInterfaces"][0]

    def privates(self, at: int) -> list[str]:
        return [one["PrivateIpAddress"] for one in self.card(at)["PrivateIpAddresses"]]

    def publics(self, at: int) -> list[str | None]:
        return [one.get("Association", {}).get("PublicIp") for one in self.card(at)["PrivateIpAddresses"]]

    @property
    def address(self) -> Any:
        return self.ec2.describe_addresses(AllocationIds=[self.allocation])["Addresses"][0]


@pytest.fixture
def two(aws: EmbeddedAws) -> Iterator[Ec2]:
    ec2: Any = aws.clients.ec2
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/26")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.0.0/26")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    card = {
        "DeviceIndex": 0,
        "SubnetId": subnet,
        "AssociatePublicIpAddress": True,
        "SecondaryPrivateIpAddressCount": 1,
        "DeleteOnTermination": True,
    }
    made = ec2.run_instances(ImageId=image_id("13", "amd64"), MinCount=2, MaxCount=2, NetworkInterfaces=[card])[
        "Instances"
    ]
    ids = [one["InstanceId"] for one in made]
    address = ec2.allocate_address(Domain="vpc")
    yield Ec2(ec2, ids, address["AllocationId"], address["PublicIp"])
    for one in ids:
        with suppress(ClientError):
            ec2.terminate_instances(InstanceIds=[one])
    ec2.release_address(AllocationId=address["AllocationId"])


def test_an_instance_has_a_secondary_address_of_its_own(two: Ec2) -> None:
    addresses = two.privates(0) + two.privates(1)
    assert len(set(addresses)) == 4
    assert all(address.startswith("10.77.0.") for address in addresses)


def test_the_primary_keeps_its_public_address_while_the_secondary_gets_and_loses_one(two: Ec2) -> None:
    (temporary, none), secondary = two.publics(0), two.privates(0)[1]
    assert none is None
    two.associate(0, secondary)
    assert two.publics(0) == [temporary, two.ip]
    assert (two.address["InstanceId"], two.address["PrivateIpAddress"]) == (two.ids[0], secondary)
    two.associate(1, two.privates(1)[1])
    assert two.publics(0) == [temporary, None]
    assert two.publics(1)[1] == two.ip


def test_at_the_primary_address_it_takes_the_place_of_the_temporary_one(two: Ec2) -> None:
    temporary = two.publics(0)[0]
    association = two.associate(0, two.privates(0)[0])
    assert two.publics(0)[0] == two.ip
    two.ec2.disassociate_address(AssociationId=association)
    assert two.publics(0)[0] not in (None, two.ip, temporary)


def test_it_moves_unless_reassociation_is_forbidden(two: Ec2) -> None:
    two.associate(0, two.privates(0)[1])
    with pytest.raises(ClientError, match=r"Resource\.AlreadyAssociated"):
        two.associate(1, two.privates(1)[1], AllowReassociation=False)
    assert two.address["InstanceId"] == two.ids[0]
    two.associate(1, two.privates(1)[1])
    assert two.address["InstanceId"] == two.ids[1]


def test_to_ask_again_changes_nothing(two: Ec2) -> None:
    first = two.associate(0, two.privates(0)[1])
    assert two.associate(0, two.privates(0)[1], AllowReassociation=False) == first


def test_a_stale_association_cannot_hurt_a_newer_one(two: Ec2) -> None:
    stale = two.associate(0, two.privates(0)[1])
    two.associate(1, two.privates(1)[1])
    with pytest.raises(ClientError, match=r"InvalidAssociationID\.NotFound"):
        two.ec2.disassociate_address(AssociationId=stale)
    assert two.address["InstanceId"] == two.ids[1]


def test_an_address_that_the_interface_has_not_is_refused(two: Ec2) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        two.associate(0, two.privates(1)[1])


def test_it_goes_with_its_instance(two: Ec2) -> None:
    two.associate(0, two.privates(0)[1])
    two.ec2.terminate_instances(InstanceIds=[two.ids[0]])
    assert not two.address.get("AssociationId")


def test_word_of_it_takes_a_while() -> None:
    lag = Lag[str](0.2)
    assert lag.shows("old") == "old"
    assert lag.shows("new") == "old"
    time.sleep(0.25)
    assert lag.shows("new") == "new"


def test_after_a_stop_and_a_start_the_primary_has_no_public_address_while_a_secondary_has_an_elastic_ip(
    two: Ec2,
) -> None:
    """EC2 User Guide, "Amazon EC2 instance IP addressing", Public IPv4 addresses."""
    two.associate(0, two.privates(0)[1])
    for id in two.ids:
        two.ec2.stop_instances(InstanceIds=[id])
        two.ec2.start_instances(InstanceIds=[id])
    assert two.publics(0) == [None, two.ip]
    assert two.publics(1)[0], "the other one has no Elastic IP"
    two.ec2.disassociate_address(AssociationId=two.address["AssociationId"])
    two.ec2.stop_instances(InstanceIds=[two.ids[0]])
    two.ec2.start_instances(InstanceIds=[two.ids[0]])
    assert two.publics(0)[0], "at a start without the Elastic IP it gets one again"
