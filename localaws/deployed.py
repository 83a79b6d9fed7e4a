"""What is deployed, read back from an AWS account as small values: the rehearsal builds its network from these."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a security group. A protocol of "-1" is every protocol; no ports are all ports."""

    direction: Literal["in", "out"]
    protocol: str
    network: IPv4Network
    from_port: int | None = None
    to_port: int | None = None

    def admits(self, *, protocol: str, port: int | None, peer: IPv4Address) -> bool:
        """Whether a packet with this peer is let through by this rule."""
        ports = (
            self.from_port is None
            or self.to_port is None
            or (port is not None and self.from_port <= port <= self.to_port)
        )
        return peer in self.network and (self.protocol == "-1" or (self.protocol == protocol and ports))


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An EC2 instance as the rehearsal needs it. `public_ip` is the primary private address's, an Elastic IP or AWS's own."""

    instance_id: str
    state: str
    image_id: str
    instance_type: str
    private_ip: IPv4Address
    public_ip: IPv4Address | None
    secondary_ips: tuple[IPv4Address, ...]
    mac: str
    vpc_id: str
    subnet_id: str
    subnet: IPv4Network
    zone: str
    source_dest_check: bool
    http_tokens: str
    hop_limit: int
    role: str | None
    rules: tuple[Rule, ...]
    user_data: bytes


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of a stack."""

    logical_id: str
    physical_id: str
    kind: str
    status: str


def read_instance(instance_id: str, *, ec2: EC2Client, iam: IAMClient) -> Instance:
    """Read an instance that is not terminated. Raises botocore's ClientError if there is none."""
    found: Any = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    (subnet,) = ec2.describe_subnets(SubnetIds=[found["SubnetId"]])["Subnets"]
    public = found.get("PublicIpAddress")
    private = [one for card in found["NetworkInterfaces"] for one in card["PrivateIpAddresses"]]
    return Instance(
        instance_id=instance_id,
        state=found["State"]["Name"],
        image_id=found["ImageId"],
        instance_type=found["InstanceType"],
        private_ip=IPv4Address(found["PrivateIpAddress"]),
        public_ip=IPv4Address(public) if public else None,
        secondary_ips=tuple(IPv4Address(one["PrivateIpAddress"]) for one in private if not one["Primary"]),
        mac=found["NetworkInterfaces"][0]["MacAddress"],
        vpc_id=found["VpcId"],
        subnet_id=found["SubnetId"],
        subnet=IPv4Network(subnet["CidrBlock"]),
        zone=found["Placement"]["AvailabilityZone"],
        source_dest_check=found["SourceDestCheck"],
        http_tokens=found["MetadataOptions"]["HttpTokens"],
        hop_limit=found["MetadataOptions"]["HttpPutResponseHopLimit"],
        role=_role(found, iam),
        rules=_rules([group["GroupId"] for group in found["SecurityGroups"]], ec2),
        user_data=_user_data(instance_id, ec2),
    )


def _role(instance: Mapping[str, Any], iam: IAMClient) -> str | None:
    if "IamInstanceProfile" not in instance:
        return None
    name = instance["IamInstanceProfile"]["Arn"].rsplit("/", 1)[-1]
    roles = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]
    return roles[0]["RoleName"] if roles else None


def _user_data(instance_id: str, ec2: EC2Client) -> bytes:
    answer = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    return base64.b64decode(answer["UserData"].get("Value", ""))


def _rules(groups: list[str], ec2: EC2Client) -> tuple[Rule, ...]:
    found: Any = ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
    inward = [rule for group in found for rule in _of(group["IpPermissions"], "in")]
    outward = [rule for group in found for rule in _of(group["IpPermissionsEgress"], "out")]
    return (*inward, *outward)


def _of(permissions: Iterable[Mapping[str, Any]], direction: Literal["in", "out"]) -> Iterable[Rule]:
    """One rule for each IPv4 network of each permission: the gateway has no IPv6."""
    for permission in permissions:
        ports = {"from_port": permission.get("FromPort"), "to_port": permission.get("ToPort")}
        for part in permission["IpRanges"]:
            network = ip_network(part["CidrIp"])
            assert isinstance(network, IPv4Network)
            yield Rule(direction=direction, protocol=permission["IpProtocol"], network=network, **ports)
