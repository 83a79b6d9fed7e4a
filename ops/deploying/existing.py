"""What exists already and has to be fit for the gateway: route tables, free addresses in the subnet, a log group."""

from __future__ import annotations

from collections.abc import Iterator

from model.client import ExistingNetwork
from ops.deploying.obstacle import Look, Obstacle

OF_GATEWAY = 2
"""Private addresses of a gateway: its own, and the one that carries the Elastic IP (constructs/gateway.py)."""
OF_ROUTES = 1
"""The parked interface that the trading hosts' routes lead to while no gateway has claimed them."""


def route_tables(look: Look) -> Iterator[Obstacle]:
    """Each route table is there and in the same VPC: a route and its target are of one VPC (EC2 API Reference, CreateRoute)."""
    network = look.deployment.client.network
    if not isinstance(network, ExistingNetwork) or not network.route_table_ids:
        return
    asked = [{"Name": "route-table-id", "Values": list(network.route_table_ids)}]
    found = look.account.access.pages("ec2", "describe_route_tables", "RouteTables", Filters=asked)
    vpcs = {one["RouteTableId"]: one["VpcId"] for one in found}
    advice = "correct network.route_table_ids, account or region"
    for id in network.route_table_ids:
        if id not in vpcs:
            yield Obstacle(what=f"{id} is not there", advice=advice)
        elif vpcs[id] != network.vpc_id:
            yield Obstacle(what=f"{id} is of {vpcs[id]}, and the gateway is in {network.vpc_id}", advice=advice)


def room(look: Look) -> Iterator[Obstacle]:
    """The subnet has addresses for a gateway beside the one that stands: a replacement comes first, the old one goes after."""
    network = look.deployment.client.network
    if not isinstance(network, ExistingNetwork):
        return
    asked = [{"Name": "subnet-id", "Values": [network.subnet_id]}]
    needed = OF_GATEWAY + (OF_ROUTES if network.route_table_ids and not look.stack else 0)
    for subnet in look.account.access.pages("ec2", "describe_subnets", "Subnets", Filters=asked):
        if (free := subnet["AvailableIpAddressCount"]) < needed:
            what = f"{network.subnet_id} has {free} free addresses, and a new gateway needs {needed}"
            # Beside one that stands only a replacement needs them.
            yield Obstacle(what=what, advice="free some, or name a larger subnet", is_fatal=look.stack is None)


def log_group(look: Look) -> Iterator[Obstacle]:
    """The gateway makes its streams in it, and no group: without it `status` knows nothing where no command may be run."""
    name = look.deployment.client.log_group
    if name is None:
        return
    found = look.account.access.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    if not any(one["logGroupName"] == name for one in found):
        advice = f"correct log_group, account or region; or make it: aws logs create-log-group --log-group-name {name}"
        yield Obstacle(what=f"the log group {name} is not there", advice=advice)
