"""The Elastic IP and its association, which is what moves when a gateway is replaced.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-eipassociation.html
"""

from __future__ import annotations

from localaws.cloudformation.kinds.base import Kind, Made, Properties, Request
from localaws.cloudformation.kinds.network import Ec2Kind

AT = ("AllocationId", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress")


class ElasticIp(Ec2Kind):
    """An Elastic IP: `Ref` gives the address."""

    changes = ("Tags",)
    notes = ("Domain",)  # every address is for a VPC

    def create(self, request: Request) -> Made:
        """Allocate it."""
        found = self.clients.ec2.allocate_address(Domain="vpc", **self.tagged("elastic-ip", request))
        known = {"AllocationId": found["AllocationId"], "PublicIp": found["PublicIp"]}
        return Made(physical_id=found["PublicIp"], attributes=known)

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change its tags, which hang on the allocation."""
        self.retag(made.attributes["AllocationId"], request, old)
        return made

    def delete(self, made: Made, properties: Properties) -> None:
        """Release it."""
        self.clients.ec2.release_address(AllocationId=made.attributes["AllocationId"])


class Association(Kind):
    """An address at an instance. Each has an id of its own: to delete an old one takes nothing from the new one."""

    made_with = AT

    def create(self, request: Request) -> Made:
        """Associate it. One that is associated already is refused: aws-cdk#26423."""
        found = self.clients.ec2.associate_address(**request.given(*AT), AllowReassociation=False)["AssociationId"]
        return Made(physical_id=found, attributes={"Id": found})

    def delete(self, made: Made, properties: Properties) -> None:
        """Take the address away, if it still is by this association that it is there."""
        self.clients.ec2.disassociate_address(AssociationId=made.physical_id)
