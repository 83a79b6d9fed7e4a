"""The VPC and what it is made of. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html"""

from __future__ import annotations

from typing import Any

from localaws.cloudformation.kinds.base import Kind, Made, Properties, Request


class Ec2Kind(Kind):
    """A resource of EC2: its tags may change in place."""

    def tagged(self, resource_type: str, request: Request) -> dict[str, Any]:
        """The argument that tags a resource as it is created."""
        tags = request.tags
        return {"TagSpecifications": [{"ResourceType": resource_type, "Tags": tags}]} if tags else {}

    def retag(self, resource_id: str, request: Request, old: Properties) -> None:
        """Set the tags that the request names and drop those that only the old properties did."""
        gone: list[Any] = [{"Key": key} for key in request.dropped_tags(old)]
        if gone:
            self.clients.ec2.delete_tags(Resources=[resource_id], Tags=gone)
        if request.tags:
            self.clients.ec2.create_tags(Resources=[resource_id], Tags=request.tags)  # type: ignore[arg-type]

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change the tags."""
        self.retag(made.physical_id, request, old)
        return made


class Vpc(Ec2Kind):
    """A network."""

    made_with = ("CidrBlock",)
    changes = ("EnableDnsHostnames", "EnableDnsSupport", "Tags")

    def create(self, request: Request) -> Made:
        """Make it with its DNS settings."""
        cidr = request.properties["CidrBlock"]
        vpc_id = self.clients.ec2.create_vpc(CidrBlock=cidr, **self.tagged("vpc", request))["Vpc"]["VpcId"]
        self._set_dns(vpc_id, request)
        return Made(physical_id=vpc_id, attributes={"VpcId": vpc_id, "CidrBlock": cidr})

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change tags and DNS settings."""
        self._set_dns(made.physical_id, request)
        return super().update(made, request, old)

    def _set_dns(self, vpc_id: str, request: Request) -> None:
        for name, value in request.given("EnableDnsSupport", "EnableDnsHostnames").items():
            self.clients.ec2.modify_vpc_attribute(VpcId=vpc_id, **{name: {"Value": value}})  # type: ignore[arg-type]

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.ec2.delete_vpc(VpcId=made.physical_id)


class InternetGateway(Ec2Kind):
    """The way out."""

    changes = ("Tags",)

    def create(self, request: Request) -> Made:
        """Make it, attached to nothing."""
        answer = self.clients.ec2.create_internet_gateway(**self.tagged("internet-gateway", request))
        gateway_id = answer["InternetGateway"]["InternetGatewayId"]
        return Made(physical_id=gateway_id, attributes={"InternetGatewayId": gateway_id})

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.ec2.delete_internet_gateway(InternetGatewayId=made.physical_id)


class Attachment(Kind):
    """An internet gateway at a VPC."""

    made_with = ("VpcId",)
    changes = ("InternetGatewayId",)

    def create(self, request: Request) -> Made:
        """Attach it."""
        wanted = request.given("InternetGatewayId", "VpcId")
        self.clients.ec2.attach_internet_gateway(**wanted)
        return Made(physical_id=f"IGW|{wanted['VpcId']}")

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Attach another one instead of the old one."""
        self.delete(made, old)
        return self.create(request)

    def delete(self, made: Made, properties: Properties) -> None:
        """Detach it."""
        self.clients.ec2.detach_internet_gateway(
            InternetGatewayId=properties["InternetGatewayId"], VpcId=properties["VpcId"]
        )


class Subnet(Ec2Kind):
    """A part of a VPC in one zone."""

    made_with = ("AvailabilityZone", "CidrBlock", "VpcId")
    changes = ("MapPublicIpOnLaunch", "Tags")

    def create(self, request: Request) -> Made:
        """Make it."""
        wanted = request.given("VpcId", "CidrBlock", "AvailabilityZone")
        subnet = self.clients.ec2.create_subnet(**wanted, **self.tagged("subnet", request))["Subnet"]
        self._set_public(subnet["SubnetId"], request)
        zone = subnet["AvailabilityZone"]
        known = {"SubnetId": subnet["SubnetId"], "VpcId": subnet["VpcId"], "AvailabilityZone": zone}
        return Made(physical_id=subnet["SubnetId"], attributes={**known, "CidrBlock": subnet["CidrBlock"]})

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change tags, and whether new instances get a public address."""
        self._set_public(made.physical_id, request)
        return super().update(made, request, old)

    def _set_public(self, subnet_id: str, request: Request) -> None:
        wanted = {"Value": bool(request.properties.get("MapPublicIpOnLaunch", False))}
        self.clients.ec2.modify_subnet_attribute(SubnetId=subnet_id, MapPublicIpOnLaunch=wanted)  # type: ignore[arg-type]

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.ec2.delete_subnet(SubnetId=made.physical_id)


class RouteTable(Ec2Kind):
    """Where a subnet's packets go."""

    made_with = ("VpcId",)
    changes = ("Tags",)

    def create(self, request: Request) -> Made:
        """Make it."""
        vpc = request.properties["VpcId"]
        answer = self.clients.ec2.create_route_table(VpcId=vpc, **self.tagged("route-table", request))
        table = answer["RouteTable"]["RouteTableId"]
        return Made(physical_id=table, attributes={"RouteTableId": table})

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.ec2.delete_route_table(RouteTableId=made.physical_id)


class RouteTableAssociation(Kind):
    """A subnet's route table."""

    made_with = ("RouteTableId", "SubnetId")

    def create(self, request: Request) -> Made:
        """Associate them."""
        wanted = request.given("RouteTableId", "SubnetId")
        found = self.clients.ec2.associate_route_table(**wanted)["AssociationId"]
        return Made(physical_id=found, attributes={"Id": found})

    def delete(self, made: Made, properties: Properties) -> None:
        """Part them."""
        self.clients.ec2.disassociate_route_table(AssociationId=made.physical_id)


class Interface(Ec2Kind):
    """A network interface that is attached to nothing."""

    made_with = ("PrivateIpAddress", "SubnetId")
    changes = ("GroupSet", "Tags")
    notes = ("Description",)

    def create(self, request: Request) -> Made:
        """Make it."""
        wanted = request.given("SubnetId", "Description", "PrivateIpAddress")
        groups = {"Groups": request.properties["GroupSet"]} if "GroupSet" in request.properties else {}
        tags = self.tagged("network-interface", request)
        found = self.clients.ec2.create_network_interface(**wanted, **groups, **tags)["NetworkInterface"]
        interface = found["NetworkInterfaceId"]
        known = {"Id": interface, "PrimaryPrivateIpAddress": found["PrivateIpAddress"]}
        return Made(physical_id=interface, attributes=known)

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change its security groups and tags."""
        if groups := request.properties.get("GroupSet"):
            self.clients.ec2.modify_network_interface_attribute(NetworkInterfaceId=made.physical_id, Groups=groups)
        return super().update(made, request, old)

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.ec2.delete_network_interface(NetworkInterfaceId=made.physical_id)


ROUTE_TARGETS = ("GatewayId", "InstanceId", "NatGatewayId", "NetworkInterfaceId")


class Route(Kind):
    """One route. It points at another target in place; a route to an instance follows the gateway's replacement."""

    made_with = ("DestinationCidrBlock", "RouteTableId")
    changes = ROUTE_TARGETS

    def create(self, request: Request) -> Made:
        """Make it."""
        wanted = request.given("RouteTableId", "DestinationCidrBlock", *ROUTE_TARGETS)
        self.clients.ec2.create_route(**wanted)
        return Made(physical_id=f"{wanted['RouteTableId']}|{wanted['DestinationCidrBlock']}")

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Point it elsewhere."""
        self.clients.ec2.replace_route(**request.given("RouteTableId", "DestinationCidrBlock", *ROUTE_TARGETS))
        return made

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.ec2.delete_route(
            RouteTableId=properties["RouteTableId"], DestinationCidrBlock=properties["DestinationCidrBlock"]
        )
