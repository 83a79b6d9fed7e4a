"""Which permissions a call to EC2 needs: one for each resource that it names.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2".
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from localaws.iam.call import Call
from localaws.iam.condition import Undecidable
from localaws.iam.needed import Need
from localaws.serving.backend import Backend

_WITHOUT_RESOURCE = {"DescribeAddresses", "DescribeRouteTables"}
_ON_A_TABLE = {"CreateRoute", "ReplaceRoute", "DeleteRoute"}
_NAMED = (("AllocationId", "elastic-ip"), ("InstanceId", "instance"), ("NetworkInterfaceId", "network-interface"))


class Ec2Needs:
    """Tells what a call to EC2 needs; looks interfaces up in the embedded AWS."""

    def __init__(self, *, backend: Backend, region: str) -> None:
        self._region = region
        self._ec2 = backend.client("ec2")

    def needs(self, call: Call, account: str) -> tuple[Need, ...]:
        """The permissions. Raises Undecidable."""
        if call.action in _WITHOUT_RESOURCE:
            return (_need(call, "*", {}),)
        where = f"arn:aws:ec2:{self._region}:{account}"
        if call.action in _ON_A_TABLE:
            return (_need(call, f"{where}:route-table/{call.parameters.get('RouteTableId', '')}", {}),)
        if call.action == "AssociateAddress":
            named = [(kind, str(call.parameters[name])) for name, kind in _NAMED if name in call.parameters]
            return tuple(_need(call, f"{where}:{kind}/{one}", self._about(kind, one, where)) for kind, one in named)
        raise Undecidable(f"the rehearsal does not know what ec2:{call.action} needs; teach it to localaws/iam/ec2.py")

    def _about(self, kind: str, name: str, where: str) -> dict[str, tuple[str, ...]]:
        if kind != "network-interface":
            return {}
        try:
            found: Any = self._ec2.describe_network_interfaces(NetworkInterfaceIds=[name])["NetworkInterfaces"][0]
        except ClientError:
            return {"ec2:Subnet": (), "ec2:Vpc": ()}
        return {"ec2:Subnet": (f"{where}:subnet/{found['SubnetId']}",), "ec2:Vpc": (f"{where}:vpc/{found['VpcId']}",)}


def _need(call: Call, resource: str, about: dict[str, tuple[str, ...]]) -> Need:
    return Need(service=call.service, action=call.action, resource=resource, context=about)
