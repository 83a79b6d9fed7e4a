"""The fixed public address: the gateway is disposable, the address is not."""

from __future__ import annotations

from aws_cdk import CfnParameter, CfnTag, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from constructs.adoption import KeptId
from model.adoption import ADDRESS_PARAMETER, ALLOCATION_PARAMETER, CLIENT_TAG
from model.client import ElasticIp
from userdata.contract import stack_name


class Address(Construct):
    """The Elastic IP: one that is there already, one kept from an earlier stack, or a new one. `ip` may be a token."""

    def __init__(self, scope: Construct, id: str, *, client: str, existing: ElasticIp | None) -> None:
        super().__init__(scope, id)
        self.ip: str
        self.allocation_id: str
        if existing:
            self.ip, self.allocation_id = str(existing.address), existing.allocation_id
        else:
            self.ip, self.allocation_id = self._kept_or_new(client)

    def _kept_or_new(self, client: str) -> tuple[str, str]:
        kept = KeptId(
            self, ALLOCATION_PARAMETER, description="Allocation id of an Elastic IP that an earlier stack left"
        )
        ip = CfnParameter(Stack.of(self), ADDRESS_PARAMETER, default="", description="The address of that Elastic IP")
        tags = [CfnTag(key=CLIENT_TAG, value=client), CfnTag(key="Name", value=stack_name(client))]
        new = ec2.CfnEIP(self, "ElasticIp", domain="vpc", tags=tags)
        kept.make(new)
        return kept.choose(new=new.ref, kept=ip.value_as_string), kept.or_else(new.attr_allocation_id)
