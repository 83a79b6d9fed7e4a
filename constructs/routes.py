"""The trading hosts' routes to the venues: CloudFormation makes and removes them, the gateway leads them to itself.

In the template they lead to an interface that is attached to nothing, and that never changes; so no later deploy touches
them, and `cdk destroy` removes them. Where they really lead is the gateway's matter (`claim.py` on the gateway).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

from aws_cdk import CfnResource, CfnTag
from aws_cdk import aws_ec2 as ec2
from constructs import Construct


class Routes(Construct):
    """A route to each of these networks in each of these tables."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        subnet_id: str,
        security_group_id: str,
        tables: Iterable[str],
        networks: Iterable[IPv4Network],
        after: CfnResource,
    ) -> None:
        super().__init__(scope, id)
        nowhere = ec2.CfnNetworkInterface(
            self,
            "Nowhere",
            description=f"{name}: where routes to the venues lead until a gateway takes them",
            subnet_id=subnet_id,
            group_set=[security_group_id],
            tags=[CfnTag(key="Name", value=f"{name}-nowhere")],
        )
        pairs = [(table, network) for table in tables for network in networks]
        for table, network in pairs:
            route = ec2.CfnRoute(
                scope,  # a route of an earlier version has this name: it is changed, never removed and made again
                f"Route-{table}-{network}".replace("/", "-"),
                route_table_id=table,
                destination_cidr_block=str(network),
                network_interface_id=nowhere.ref,
            )
            # One of an earlier version leads to the old gateway, which works until the new one has claimed.
            route.add_resource_dependency(after)
