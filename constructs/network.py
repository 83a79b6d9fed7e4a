"""Where the gateway stands: a small VPC of its own, or a subnet that is there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aws_cdk import CfnCondition, CfnParameter, CfnResource, CfnTag, Fn, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from model.adoption import ZONE_PARAMETER
from model.client import ExistingNetwork, NewNetwork, Standby


@dataclass(frozen=True, kw_only=True)
class Place:
    """The ids of a VPC and of one subnet in it, and what must be there before a host in it has a way out.

    `has_public_address`: whether a host there gets one of its own.
    """

    vpc_id: str
    subnet_id: str
    way_out: Sequence[CfnResource] = ()
    has_public_address: bool = True


def existing_place(network: ExistingNetwork) -> Place:
    """The place that a client file names."""
    return Place(vpc_id=network.vpc_id, subnet_id=network.subnet_id, has_public_address=network.public_address)


def standby_place(place: Place, standby: Standby) -> Place:
    """Another zone of the same VPC."""
    return replace(place, subnet_id=standby.subnet_id)


class OwnNetwork(Construct):
    """A VPC with one public subnet: no NAT gateway, and nothing else in it.

    Of level 1: `ec2.Vpc` would look up zones over the network as soon as a stack names its account.
    """

    def __init__(self, scope: Construct, id: str, *, network: NewNetwork, name: str) -> None:
        super().__init__(scope, id)
        tags = [CfnTag(key="Name", value=name)]
        cidr = str(network.cidr)
        vpc = ec2.CfnVPC(self, "Vpc", cidr_block=cidr, enable_dns_support=True, enable_dns_hostnames=True, tags=tags)
        subnet = ec2.CfnSubnet(
            self, "Subnet", vpc_id=vpc.ref, cidr_block=cidr, availability_zone=self._zone(), tags=tags
        )
        self.place = Place(vpc_id=vpc.ref, subnet_id=subnet.ref, way_out=self._route_to_the_internet(vpc, subnet, tags))

    def _zone(self) -> str:
        """The region's first, once; from then on the command names the one that the network is in.

        CloudFormation evaluates Fn::GetAZs at each update, and its order may change; a subnet cannot change its zone.
        """
        kept = CfnParameter(
            Stack.of(self), ZONE_PARAMETER, default="", description="The zone of the network; empty: the region's first"
        )
        is_new = CfnCondition(self, "ZoneIsNew", expression=Fn.condition_equals(kept, ""))
        first = Fn.select(0, Fn.get_azs())
        return Fn.condition_if(is_new.logical_id, first, kept.value_as_string).to_string()

    def _route_to_the_internet(
        self, vpc: ec2.CfnVPC, subnet: ec2.CfnSubnet, tags: list[CfnTag]
    ) -> Sequence[CfnResource]:
        internet = ec2.CfnInternetGateway(self, "InternetGateway", tags=tags)
        attached = ec2.CfnVPCGatewayAttachment(self, "Attached", vpc_id=vpc.ref, internet_gateway_id=internet.ref)
        table = ec2.CfnRouteTable(self, "RouteTable", vpc_id=vpc.ref, tags=tags)
        route = ec2.CfnRoute(
            self, "DefaultRoute", route_table_id=table.ref, destination_cidr_block="0.0.0.0/0", gateway_id=internet.ref
        )
        route.add_resource_dependency(attached)
        used = ec2.CfnSubnetRouteTableAssociation(self, "Association", route_table_id=table.ref, subnet_id=subnet.ref)
        return route, used
