"""A route table has one route a destination, and leads nowhere outside its own VPC.

CreateRoute, API Reference: a route must be added or replaced; the code of a second one is RouteAlreadyExists (EC2 API Reference,
Error codes). Targets of another VPC are refused in the words that saltstack/salt#38791 (interfaces) and
smoketurner/serverless-vpc-plugin#147 (internet gateways) show. moto overwrites the route, and takes any target.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.route_tables import RouteBackend
from moto.ec2.utils import generate_route_id

from localaws.rules.refused import refused

SOURCE = "EC2 API Reference, CreateRoute"


def install() -> None:
    """Put the rule before moto's own answers."""
    RouteBackend.create_route = _new_and_within(RouteBackend.create_route)  # type: ignore[method-assign]
    RouteBackend.replace_route = _within(RouteBackend.replace_route)  # type: ignore[method-assign]


def _new_and_within(create: Any) -> Any:
    def created(self: Any, route_table_id: str, destination_cidr_block: str | None, *args: Any, **given: Any) -> Any:
        table = self.get_route_table(route_table_id)
        if generate_route_id(table.id, destination_cidr_block) in table._routes:
            words = f"The route identified by {destination_cidr_block} already exists."
            raise refused("RouteAlreadyExists", words, SOURCE)
        _assert_within(self, table, given)
        return create(self, route_table_id, destination_cidr_block, *args, **given)

    return created


def _within(replace: Any) -> Any:
    def replaced(self: Any, route_table_id: str, destination_cidr_block: str, *args: Any, **given: Any) -> Any:
        _assert_within(self, self.get_route_table(route_table_id), given)
        return replace(self, route_table_id, destination_cidr_block, *args, **given)

    return replaced


def _assert_within(ec2: Any, table: Any, given: dict[str, Any]) -> None:
    for kind, id, vpc in _targets(ec2, given):
        if vpc != table.vpc_id:
            words = f"route table {table.id} and {kind} {id} belong to different networks"
            raise refused("InvalidParameterValue", words, SOURCE)


def _targets(ec2: Any, given: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Each target whose VPC we can tell: its kind in EC2's words, its id, its VPC."""
    found = []
    if card := given.get("interface_id"):
        found.append(("interface", card, ec2.get_network_interface(card).subnet.vpc_id))
    if machine := given.get("instance_id"):
        found.append(("instance", machine, ec2.get_instance(machine).vpc_id))
    if (gateway := given.get("gateway_id") or "").startswith("igw-"):
        at = ec2.get_internet_gateway(gateway).vpc
        found.append(("network gateway", gateway, at.id if at else None))
    return found
