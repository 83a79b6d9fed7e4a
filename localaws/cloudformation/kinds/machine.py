"""The EC2 instance, with the properties that moto's own CloudFormation leaves out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-instance.html
"""

from __future__ import annotations

import base64
from typing import Any

from localaws.cloudformation.kinds.base import Made, Properties, Request
from localaws.cloudformation.kinds.network import Ec2Kind
from localaws.rules.credits import default
from localaws.rules.keys import assert_usable

AS_IN_EC2 = ("ImageId", "InstanceType", "KeyName", "MetadataOptions")
SECONDARY = ("SecondaryPrivateIpAddressCount", "PrivateIpAddresses")
"""What gives the interface private addresses beside its primary one."""

OF_INTERFACE = (
    "AssociatePublicIpAddress",
    "DeleteOnTermination",
    "DeviceIndex",
    "GroupSet",
    "PrivateIpAddress",
    "SubnetId",
    *SECONDARY,
)


class InstanceKind(Ec2Kind):
    """A machine. No machine is booted here: it counts as running as soon as it exists."""

    made_with = (
        "BlockDeviceMappings",
        "ImageId",
        "KeyName",
        *(f"NetworkInterfaces/{name}" for name in OF_INTERFACE),
        "PrivateIpAddress",
        "SubnetId",
    )
    changes = (
        "CreditSpecification",
        "IamInstanceProfile",
        "InstanceType",
        "MetadataOptions",
        "PropagateTagsToVolumeOnCreation",
        "SecurityGroupIds",
        "SourceDestCheck",
        "Tags",
        "UserData",
    )

    def create(self, request: Request) -> Made:
        """Run it."""
        answer = self.clients.ec2.run_instances(MinCount=1, MaxCount=1, **self._arguments(request))
        instance_id = answer["Instances"][0]["InstanceId"]
        self._set_attributes(instance_id, request)
        # CloudFormation's own marks, which no template can set.
        own = {"stack-name": request.stack, "logical-id": request.logical_id}
        mark: Any = [{"Key": f"aws:cloudformation:{name}", "Value": value} for name, value in own.items()]
        self.clients.ec2.create_tags(Resources=[instance_id], Tags=mark)
        return self._read(instance_id)

    def _arguments(self, request: Request) -> dict[str, Any]:
        properties = request.properties
        found: dict[str, Any] = {**request.given(*AS_IN_EC2), **self.tagged("instance", request)}
        if properties.get("PropagateTagsToVolumeOnCreation") and request.tags:
            found["TagSpecifications"] += [{"ResourceType": "volume", "Tags": request.tags}]
        (interface,) = properties.get("NetworkInterfaces", [{}])
        found["NetworkInterfaces"] = [self._interface(interface, properties)]
        # moto shows groups at the instance, and lets them change, only if they came with the instance.
        found["SecurityGroupIds"] = interface.get("GroupSet") or properties.get("SecurityGroupIds", [])
        if user_data := properties.get("UserData"):
            found["UserData"] = base64.b64decode(user_data)  # boto3 encodes it again
        if profile := properties.get("IamInstanceProfile"):
            found["IamInstanceProfile"] = {"Name": profile}
        if disks := properties.get("BlockDeviceMappings"):
            for disk in disks:
                assert_usable(self.clients, disk.get("Ebs", {}).get("KmsKeyId"))
            found["BlockDeviceMappings"] = disks
        if credits := properties.get("CreditSpecification"):
            found["CreditSpecification"] = {"CpuCredits": credits["CPUCredits"]}
        return found

    def _interface(self, given: Properties, properties: Properties) -> dict[str, Any]:
        """The one interface: it goes with the instance, or its subnet could not be removed."""
        subnet_id = given.get("SubnetId") or properties["SubnetId"]
        (subnet,) = self.clients.ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"]
        found = {
            "DeviceIndex": 0,
            "SubnetId": subnet_id,
            "AssociatePublicIpAddress": given.get("AssociatePublicIpAddress", subnet["MapPublicIpOnLaunch"]),
            "DeleteOnTermination": True,
        }
        address = given.get("PrivateIpAddress") or properties.get("PrivateIpAddress")
        secondary = {name: given[name] for name in SECONDARY if name in given}
        return found | secondary | ({"PrivateIpAddress": address} if address else {})

    def _set_attributes(self, instance_id: str, request: Request) -> None:
        checked = request.properties.get("SourceDestCheck", True)
        self.clients.ec2.modify_instance_attribute(InstanceId=instance_id, SourceDestCheck={"Value": checked})

    def _read(self, instance_id: str) -> Made:
        answer = self.clients.ec2.describe_instances(InstanceIds=[instance_id])
        found = answer["Reservations"][0]["Instances"][0]
        known = {
            "InstanceId": instance_id,
            "AvailabilityZone": found["Placement"]["AvailabilityZone"],
            "PrivateIp": found["PrivateIpAddress"],
            "PrivateDnsName": found["PrivateDnsName"],
            "PublicIp": found.get("PublicIpAddress", ""),
            "PublicDnsName": found.get("PublicDnsName", ""),
            "VpcId": found["VpcId"],
        }
        return Made(physical_id=instance_id, attributes=known)

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change what EC2 can change. For another type or other user data it is stopped, and started again."""
        ec2, new = self.clients.ec2, request.properties
        self._set_attributes(made.physical_id, request)
        self._change_stopped(made.physical_id, new, old)
        if new.get("SecurityGroupIds") != old.get("SecurityGroupIds"):
            ec2.modify_instance_attribute(InstanceId=made.physical_id, Groups=new["SecurityGroupIds"])
        if new.get("MetadataOptions") != old.get("MetadataOptions"):
            ec2.modify_instance_metadata_options(InstanceId=made.physical_id, **new.get("MetadataOptions", {}))
        if new.get("CreditSpecification") != old.get("CreditSpecification"):
            ec2.modify_instance_credit_specification(InstanceCreditSpecifications=[_credits(made.physical_id, new)])
        if new.get("IamInstanceProfile") != old.get("IamInstanceProfile"):
            self._set_profile(made.physical_id, new)
        super().update(made, request, old)
        return self._read(made.physical_id)

    def _change_stopped(self, instance_id: str, new: Properties, old: Properties) -> None:
        changes: list[Any] = []
        if new.get("InstanceType") != old.get("InstanceType"):
            changes.append({"InstanceType": {"Value": new["InstanceType"]}})
        if new.get("UserData") != old.get("UserData"):
            changes.append({"UserData": {"Value": base64.b64decode(new.get("UserData", ""))}})
        if not changes:
            return
        self.clients.ec2.stop_instances(InstanceIds=[instance_id])
        for change in changes:
            self.clients.ec2.modify_instance_attribute(InstanceId=instance_id, **change)
        self.clients.ec2.start_instances(InstanceIds=[instance_id])

    def _set_profile(self, instance_id: str, new: Properties) -> None:
        ec2 = self.clients.ec2
        at: Any = [{"Name": "instance-id", "Values": [instance_id]}]
        for one in ec2.describe_iam_instance_profile_associations(Filters=at)["IamInstanceProfileAssociations"]:
            ec2.disassociate_iam_instance_profile(AssociationId=one["AssociationId"])
        if profile := new.get("IamInstanceProfile"):
            ec2.associate_iam_instance_profile(IamInstanceProfile={"Name": profile}, InstanceId=instance_id)

    def delete(self, made: Made, properties: Properties) -> None:
        """Terminate it."""
        self.clients.ec2.terminate_instances(InstanceIds=[made.physical_id])


def _credits(instance_id: str, new: Properties) -> Any:
    """Without a word of the template's it is EC2's default."""
    asked = new.get("CreditSpecification", {}).get("CPUCredits")
    return {"InstanceId": instance_id, "CpuCredits": asked or default(new["InstanceType"])}
