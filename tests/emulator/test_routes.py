"""What EC2 says of a route: where it leads, and that it leads nowhere."""

from __future__ import annotations

from typing import Any

from localaws.aws import EmbeddedAws
from tests.emulator.standing import Standing

NETWORK = "192.0.2.0/24"


def test_a_route_to_an_instance_leads_to_its_card_and_is_a_blackhole_once_that_is_gone(aws: EmbeddedAws) -> None:
    ec2: Any = aws.clients.ec2
    vpc = ec2.create_vpc(CidrBlock="10.78.0.0/26")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.78.0.0/26")["Subnet"]["SubnetId"]
    card = {"DeviceIndex": 0, "SubnetId": subnet, "DeleteOnTermination": True}
    (made,) = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, NetworkInterfaces=[card])["Instances"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    to = {"RouteTableId": table, "DestinationCidrBlock": NETWORK}
    own = made["NetworkInterfaces"][0]["NetworkInterfaceId"]

    def now() -> tuple[str, str]:
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        (found,) = [one for one in routes if one["DestinationCidrBlock"] == NETWORK]
        return found["NetworkInterfaceId"], found["State"]

    nowhere = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.create_route(**to, NetworkInterfaceId=nowhere)
    assert now() == (nowhere, "blackhole"), "attached to nothing"
    ec2.replace_route(**to, InstanceId=made["InstanceId"])
    assert now() == (own, "active")
    ec2.replace_route(**to, NetworkInterfaceId=own)
    assert now() == (own, "active")
    of = [{"Name": "network-interface.network-interface-id", "Values": [own]}]
    (found,) = ec2.describe_instances(Filters=of)["Reservations"][0]["Instances"]
    assert found["InstanceId"] == made["InstanceId"], "whose route it is"
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    assert now()[1] == "blackhole"


def test_cloudformation_marks_what_it_makes(client: Standing) -> None:
    """By this a gateway knows another one of its own stack."""
    client.deploy()
    gateway = client.aws.instance(client.name)
    told: Any = client.aws.clients.ec2.describe_instances(InstanceIds=[gateway.instance_id])
    tags = {one["Key"]: one["Value"] for one in told["Reservations"][0]["Instances"][0]["Tags"]}
    assert tags["aws:cloudformation:stack-name"] == f"fixtunnel-{client.name}"
