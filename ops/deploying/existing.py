"""What exists already and has to be fit for the gateway: route tables, free addresses in the subnet, a log group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.client import ExistingNetwork
from ops.deploying.obstacle import Look, Obstacle

OF_GATEWAY = 2
"""Private addresses of a gateway: its own, and the one that carries the Elastic IP (constructs/gateway.py)."""
_STANDARD = "STANDARD"
"""CloudWatch Logs API Reference, CreateLogGroup, logGroupClass: it may be left out."""
OF_ROUTES = 1
"""The parked interface that the trading hosts' routes lead to while no gateway has claimed them."""


def route_tables(look: Look) -> Iterator[Obstacle]:
    """Each route table is there and in the same VPC: a route and its target are of one VPC (EC2 API Reference, CreateRoute)."""
    network = look.deployment.client.network
    if not isinstance(network, ExistingNetwork) or not network.route_table_ids:
        return
    asked = [{"Name": "route-table-id", "Values": list(network.route_table_ids)}]
    found = look.account.access.pages("ec2", "describe_route_tables", "RouteTables", Filters=asked)
    known = {one["RouteTableId"]: one for one in found}
    advice = "correct network.route_table_ids, account or region"
    for id in network.route_table_ids:
        if (table := known.get(id)) is None:
            yield Obstacle(what=f"{id} is not there", advice=advice)
        elif table["VpcId"] != network.vpc_id:
            yield Obstacle(what=f"{id} is of {table['VpcId']}, and the gateway is in {network.vpc_id}", advice=advice)
        elif table["OwnerId"] != look.account.identity.account:
            yield Obstacle(
                what=f"{id} is of the account {table['OwnerId']}, which shares its network and alone can change it",
                advice="put the gateway beside its trading hosts into a network of this account",
            )
        else:
            yield from _too_full(look, table)


def _too_full(look: Look, table: Any) -> Iterator[Obstacle]:
    """Whether the stack's routes fit: the quota is for each table, and for those that nothing propagates (Amazon VPC quotas)."""
    fixed = [one for one in table["Routes"] if one.get("Origin") != "EnableVgwRoutePropagation"]
    there = {one["DestinationCidrBlock"] for one in fixed if "DestinationCidrBlock" in one}
    wanted = {str(one) for one in look.deployment.remote_networks} - there
    room = look.account.room("route", len(there))
    if len(wanted) > room.left:
        yield Obstacle(
            what=f"{table['RouteTableId']} has {room.used} of {room.limit} routes, and the stack adds {len(wanted)}",
            advice="ask for more (Service Quotas, L-93826ACB), or take routes away that are not used",
        )


def room(look: Look) -> Iterator[Obstacle]:
    """The subnet has addresses for a gateway beside the one that stands: a replacement comes first, the old one goes after."""
    for network in look.networks:
        asked = [{"Name": "subnet-id", "Values": [network.subnet_id]}]
        # The interface is in the first gateway's subnet.
        needed = OF_GATEWAY + (
            OF_ROUTES if network is look.networks[0] and network.route_table_ids and not look.stack else 0
        )
        for subnet in look.account.access.pages("ec2", "describe_subnets", "Subnets", Filters=asked):
            if (free := subnet["AvailableIpAddressCount"]) < needed:
                what = f"{network.subnet_id} has {free} free addresses, and a new gateway needs {needed}"
                # Beside one that stands only a replacement needs them.
                yield Obstacle(what=what, advice="free some, or name a larger subnet", is_fatal=look.stack is None)


def log_group(look: Look) -> Iterator[Obstacle]:
    """Its events can be filtered. That it is there is looked at with all else that the file names (`named`)."""
    name = look.deployment.client.log_group
    if name is None:
        return
    found = look.account.access.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    classes = [one.get("logGroupClass", _STANDARD) for one in found if one["logGroupName"] == name]
    if classes and classes != [_STANDARD]:
        what = f"the log group {name} is of the class {classes[0]}, whose events cannot be filtered"
        yield Obstacle(what=what, advice="name one of the class STANDARD; a group's class cannot be changed")
