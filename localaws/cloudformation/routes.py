"""Routes as EC2 tells of them: one whose interface is attached to no instance, or is gone, is a `blackhole`.

moto calls each `active`. A route to an instance leads to its first interface, and EC2 tells both. Source: Amazon EC2 API
Reference, Route.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instances import Instance
from moto.ec2.models.route_tables import Route
from moto.ec2.utils import filter_dict_attribute_mapping


def install() -> None:
    """Put EC2's words instead of moto's; and let DescribeInstances find the instance of an interface."""
    Route.state = property(_state)  # type: ignore[assignment, method-assign]
    Route.network_interface_id = property(_interface_id)  # type: ignore[assignment, method-assign]
    Instance.interface_ids = property(_interface_ids)  # type: ignore[attr-defined]
    filter_dict_attribute_mapping["network-interface.network-interface-id"] = "interface_ids"


def _state(route: Any) -> str:
    if route.interface:
        holder = route.interface.instance
        return "active" if holder and holder.is_running() else "blackhole"
    return "blackhole" if route.instance and not route.instance.is_running() else "active"


def _interface_id(route: Any) -> str | None:
    card = route.interface or (route.instance.nics.get(0) if route.instance else None)
    return card.id if card else None


def _interface_ids(instance: Any) -> list[str]:
    return [card.id for card in instance.nics.values()]
