"""The EC2 instance."""

from __future__ import annotations

from aws_cdk import CfnCreationPolicy, CfnParameter, CfnResourceSignal, CfnTag, Fn, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from constructs.network import Place
from model.client import Gateway as GatewayValues
from model.disk import ROOT_DEVICE, ROOT_GIB
from userdata.contract import SIGNAL_SECONDS


class Gateway(Construct):
    """One instance, which is complete once it has signalled. `id` is its EC2 id, `image` its image: a standby has the same.

    It has no network interface of a fixed name or address: those would stand in the way of its successor, which is
    made before this one goes.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        logical_id: str,
        name: str,
        values: GatewayValues,
        volume_key: str | None,
        place: Place,
        security_group_id: str,
        profile: str,
        user_data: str,
        forwards: bool,
        image: str = "",
    ) -> None:
        super().__init__(scope, id)
        self.image = image or values.ami or self._newest_image(values)
        instance = ec2.CfnInstance(
            self,
            "Instance",
            image_id=self.image,
            instance_type=values.instance_type,
            iam_instance_profile=profile,
            user_data=Fn.base64(user_data),
            network_interfaces=[_interface(place, security_group_id)],
            # A router passes on what is neither from it nor to it: EC2 drops that unless told otherwise.
            source_dest_check=not forwards,
            metadata_options=ec2.CfnInstance.MetadataOptionsProperty(
                http_tokens="required", http_put_response_hop_limit=1
            ),
            block_device_mappings=[_root_volume(volume_key)],
            credit_specification=_credits(values.instance_type),
            # The tags of an instance are not its volumes' otherwise.
            propagate_tags_to_volume_on_creation=True,
            tags=[CfnTag(key="Name", value=name)],
        )
        instance.override_logical_id(logical_id)
        for one in place.way_out:
            instance.add_resource_dependency(one)
        instance.cfn_options.creation_policy = CfnCreationPolicy(
            resource_signal=CfnResourceSignal(count=1, timeout=f"PT{SIGNAL_SECONDS // 60}M")
        )
        self.instance = instance
        self.id = instance.ref

    def _newest_image(self, values: GatewayValues) -> str:
        release = values.image.removeprefix("debian-")
        image = CfnParameter(
            Stack.of(self),
            # CloudFormation remembers a parameter's value by its name: another release or architecture needs another.
            f"ImageDebian{release}{values.architecture.capitalize()}",
            type="AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
            default=f"/aws/service/debian/release/{release}/latest/{values.architecture}",
            description="The newest Debian image: each deploy may find a newer one, and then replaces the gateway",
        )
        return image.value_as_string


def _interface(place: Place, security_group_id: str) -> ec2.CfnInstance.NetworkInterfaceProperty:
    return ec2.CfnInstance.NetworkInterfaceProperty(
        device_index="0",
        subnet_id=place.subnet_id,
        group_set=[security_group_id],
        # The primary address's own way to AWS, which stays whoever has the Elastic IP; or the firm's egress is that way.
        associate_public_ip_address=place.has_public_address,
        # Carries the Elastic IP, once the gateway has claimed it.
        secondary_private_ip_address_count=1,
        delete_on_termination=True,
    )


def _root_volume(key: str | None) -> ec2.CfnInstance.BlockDeviceMappingProperty:
    volume = ec2.CfnInstance.EbsProperty(volume_type="gp3", volume_size=ROOT_GIB, encrypted=True, kms_key_id=key)
    return ec2.CfnInstance.BlockDeviceMappingProperty(device_name=ROOT_DEVICE, ebs=volume)


def _credits(instance_type: str) -> ec2.CfnInstance.CreditSpecificationProperty | None:
    """T3, T3a and T4g begin without credits: in standard mode a gateway is held to its baseline just as it boots and takes over.

    Unlimited costs nothing while the average stays below the baseline (EC2 User Guide, Burstable performance instances).
    """
    burstable = instance_type.startswith(("t2.", "t3.", "t3a.", "t4g."))
    return ec2.CfnInstance.CreditSpecificationProperty(cpu_credits="unlimited") if burstable else None
