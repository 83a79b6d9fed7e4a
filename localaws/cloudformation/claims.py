"""What a gateway does before it signals, where none is booted: the Elastic IP goes to its secondary private address.

The allocation stands in its user data, as the gateway itself would read it.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from localaws.cloudformation.clients import Clients

_ALLOCATION = re.compile(r'"allocation": "(eipalloc-[0-9a-f]+)"')


def claim(clients: Clients, instance_id: str) -> None:
    """Claim for an instance; nothing for one whose user data names no allocation."""
    ec2: Any = clients.ec2
    told = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")["UserData"].get("Value", "")
    if found := _ALLOCATION.search(base64.b64decode(told).decode()):
        ec2.associate_address(AllocationId=found[1], **carrier(ec2, instance_id))


def carrier(ec2: Any, instance_id: str) -> dict[str, Any]:
    """The private address of an instance that carries its Elastic IP: the secondary one, where it has one."""
    (instance,) = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"]
    card = instance["NetworkInterfaces"][0]
    private = sorted(card["PrivateIpAddresses"], key=lambda one: bool(one["Primary"]))[0]["PrivateIpAddress"]
    return {"NetworkInterfaceId": card["NetworkInterfaceId"], "PrivateIpAddress": private}
