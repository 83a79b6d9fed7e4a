"""What EC2 refuses because something is there, in use, elsewhere, or running; moto does each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from localaws.aws import EmbeddedAws
from localaws.cloudformation.seeds import image_id

NET = "10.94.0.0/28"


@dataclass
class Net:
    """A VPC of 16 addresses with a subnet, a security group, a route table and one interface."""

    ec2: Any
    vpc: str
    subnet: str
    group: str
    table: str
    card: str

    def gateway(self) -> str:
        """An internet gateway at the VPC."""
        made: str = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=self.vpc)
        return made

    def address(self) -> str:
        """An Elastic IP."""
        return str(self.ec2.allocate_address(Domain="vpc")["AllocationId"])


def made(ec2: Any) -> Net:
    vpc = ec2.create_vpc(CidrBlock=NET)["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=NET)["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="one", Description="one", VpcId=vpc)["GroupId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    card = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]["NetworkInterfaceId"]
    return Net(ec2, vpc, subnet, group, table, card)


@pytest.fixture
def net(aws: EmbeddedAws) -> Net:
    return made(aws.clients.ec2)


@pytest.fixture
def machine(net: Net) -> Iterator[str]:
    run = net.ec2.run_instances(ImageId=image_id("13", "amd64"), MinCount=1, MaxCount=1, SubnetId=net.subnet)
    id = str(run["Instances"][0]["InstanceId"])
    yield id
    net.ec2.terminate_instances(InstanceIds=[id])


def test_a_route_that_is_there_is_not_taken_over(net: Net) -> None:
    there = {"RouteTableId": net.table, "DestinationCidrBlock": "10.99.0.0/24"}
    gateway = net.gateway()
    net.ec2.create_route(**there, GatewayId=gateway)
    with pytest.raises(ClientError, match=r"RouteAlreadyExists.*API Reference, CreateRoute"):
        net.ec2.create_route(**there, NetworkInterfaceId=net.card)
    with pytest.raises(ClientError, match="RouteAlreadyExists"):
        net.ec2.create_route(RouteTableId=net.table, DestinationCidrBlock=NET, NetworkInterfaceId=net.card)
    (table,) = net.ec2.describe_route_tables(RouteTableIds=[net.table])["RouteTables"]
    assert [one["GatewayId"] for one in table["Routes"]] == ["local", gateway]


def test_a_route_leads_nowhere_outside_its_vpc(net: Net) -> None:
    there = {"RouteTableId": net.table, "DestinationCidrBlock": "10.99.0.0/24"}
    other = made(net.ec2)
    with pytest.raises(ClientError, match=f"interface {other.card} belong to different networks"):
        net.ec2.create_route(**there, NetworkInterfaceId=other.card)
    with pytest.raises(ClientError, match=r"network gateway igw-.* belong to different networks"):
        net.ec2.create_route(**there, GatewayId=other.gateway())
    net.ec2.create_route(**there, NetworkInterfaceId=net.card)
    with pytest.raises(ClientError, match="belong to different networks"):
        net.ec2.replace_route(**there, NetworkInterfaceId=other.card)


def test_an_address_at_an_interface_is_not_released(net: Net) -> None:
    net.gateway()
    address = net.address()
    association = net.ec2.associate_address(AllocationId=address, NetworkInterfaceId=net.card)["AssociationId"]
    with pytest.raises(ClientError, match=r"InvalidIPAddress\.InUse.*ReleaseAddress"):
        net.ec2.release_address(AllocationId=address)
    net.ec2.disassociate_address(AssociationId=association)
    net.ec2.release_address(AllocationId=address)


def test_an_address_needs_an_internet_gateway(net: Net) -> None:
    address = net.address()
    with pytest.raises(ClientError, match=r"Gateway\.NotAttached"):
        net.ec2.associate_address(AllocationId=address, NetworkInterfaceId=net.card)
    net.ec2.release_address(AllocationId=address)


def test_a_group_and_a_subnet_with_an_interface_stay(net: Net) -> None:
    with pytest.raises(ClientError, match=r"DependencyViolation.*DeleteSecurityGroup"):
        net.ec2.delete_security_group(GroupId=net.group)
    with pytest.raises(ClientError, match=r"DependencyViolation.*DeleteSubnet"):
        net.ec2.delete_subnet(SubnetId=net.subnet)
    net.ec2.delete_network_interface(NetworkInterfaceId=net.card)
    net.ec2.delete_security_group(GroupId=net.group)
    net.ec2.delete_subnet(SubnetId=net.subnet)


def test_a_group_that_another_names_stays(net: Net) -> None:
    net.ec2.delete_network_interface(NetworkInterfaceId=net.card)
    other = net.ec2.create_security_group(GroupName="two", Description="two", VpcId=net.vpc)["GroupId"]
    pair = [{"GroupId": net.group}]
    rule: Any = [{"IpProtocol": "udp", "FromPort": 500, "ToPort": 500, "UserIdGroupPairs": pair}]
    net.ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=rule)
    with pytest.raises(ClientError, match="DependencyViolation"):
        net.ec2.delete_security_group(GroupId=net.group)
    net.ec2.delete_security_group(GroupId=other)
    net.ec2.delete_security_group(GroupId=net.group)


def test_a_subnet_that_is_full_gives_no_address(net: Net) -> None:
    """16 addresses, of which AWS keeps five, and one interface."""
    with pytest.raises(ClientError, match="InsufficientFreeAddressesInSubnet"):
        net.ec2.assign_private_ip_addresses(NetworkInterfaceId=net.card, SecondaryPrivateIpAddressCount=11)
    net.ec2.assign_private_ip_addresses(NetworkInterfaceId=net.card, SecondaryPrivateIpAddressCount=10)


def test_type_and_user_data_change_while_it_is_stopped(net: Net, machine: str) -> None:
    larger = {"InstanceId": machine, "InstanceType": {"Value": "t3.large"}}
    with pytest.raises(ClientError, match=r"IncorrectInstanceState.*instanceType"):
        net.ec2.modify_instance_attribute(**larger)
    net.ec2.stop_instances(InstanceIds=[machine])
    net.ec2.modify_instance_attribute(**larger)


def test_a_deploy_that_meets_such_a_route_rolls_back_and_leaves_it(aws: EmbeddedAws) -> None:
    """The route is the firm's own; a venue's new network is to lead there."""
    net = made(aws.clients.ec2)
    gateway = net.gateway()
    there = {"RouteTableId": net.table, "DestinationCidrBlock": "10.99.0.0/24"}
    net.ec2.create_route(**there, GatewayId=gateway)
    route = {"Type": "AWS::EC2::Route", "Properties": {**there, "NetworkInterfaceId": net.card}}
    cloudformation = aws.clients.cloudformation
    cloudformation.create_stack(StackName="met", TemplateBody=json.dumps({"Resources": {"Led": route}}))
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName="met", WaiterConfig={"Delay": 1})
    (failed,) = [one for one in aws.events("met") if one["ResourceStatus"] == "CREATE_FAILED"]
    assert "RouteAlreadyExists" in failed["ResourceStatusReason"]
    (table,) = net.ec2.describe_route_tables(RouteTableIds=[net.table])["RouteTables"]
    assert table["Routes"][1]["GatewayId"] == gateway
