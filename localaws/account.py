"""An AWS account as the rehearsal reads it: the stack of each client, its gateway, its address and its secrets."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient
from collections.abc import Iterator
from dataclasses import field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from localaws.cloudformation.claims import carrier, claim
from localaws.cloudformation.clients import Clients
from localaws.cloudformation.process import EmulatorFailed
from localaws.program import until
from model.adoption import CLIENT_TAG, TUNNEL_TAG
from userdata.contract import stack_name

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


@dataclass(frozen=True, kw_only=True)
class FirewallRule:
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
class Ec2Instance:
    """An EC2 instance as the rehearsal needs it. `public_ip` is the primary private address's, `elastic_ip` a secondary one's."""

    instance_id: str
    state: str
    image_id: str
    instance_type: str
    private_ip: IPv4Address
    public_ip: IPv4Address | None
    elastic_ip: IPv4Address | None
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
    rules: tuple[FirewallRule, ...]
    user_data: bytes


@dataclass(frozen=True, kw_only=True)
class StackResource:
    """A resource of a stack."""

    logical_id: str
    physical_id: str
    kind: str
    status: str


def read_instance(instance_id: str, *, ec2: EC2Client, iam: IAMClient) -> Ec2Instance:
    """Read an instance that is not terminated. Raises botocore's ClientError if there is none."""
    found: Any = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    (subnet,) = ec2.describe_subnets(SubnetIds=[found["SubnetId"]])["Subnets"]
    public = found.get("PublicIpAddress")
    private = [one for card in found["NetworkInterfaces"] for one in card["PrivateIpAddresses"]]
    others = [one for one in private if not one["Primary"]]
    return Ec2Instance(
        instance_id=instance_id,
        state=found["State"]["Name"],
        image_id=found["ImageId"],
        instance_type=found["InstanceType"],
        private_ip=IPv4Address(found["PrivateIpAddress"]),
        public_ip=IPv4Address(public) if public else None,
        elastic_ip=next((IPv4Address(one["Association"]["PublicIp"]) for one in others if "Association" in one), None),
        secondary_ips=tuple(IPv4Address(one["PrivateIpAddress"]) for one in others),
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


def _rules(groups: list[str], ec2: EC2Client) -> tuple[FirewallRule, ...]:
    found: Any = ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
    members = _Members(ec2)
    inward = [rule for group in found for rule in _of(group["IpPermissions"], "in", members)]
    outward = [rule for group in found for rule in _of(group["IpPermissionsEgress"], "out", members)]
    return (*inward, *outward)


class _Members:
    """The private addresses of a group's instances, as they are now: what EC2 goes by where a rule names a group."""

    def __init__(self, ec2: EC2Client) -> None:
        self._ec2: Any = ec2

    def of(self, group: str) -> list[str]:
        wanted = [{"Name": "instance.group-id", "Values": [group]}]
        parts = self._ec2.describe_instances(Filters=wanted)["Reservations"]
        live = [one for part in parts for one in part["Instances"] if one["State"]["Name"] != "terminated"]
        cards = [card for one in live for card in one["NetworkInterfaces"]]
        return [one["PrivateIpAddress"] for card in cards for one in card["PrivateIpAddresses"]]


def _of(
    permissions: Iterable[Mapping[str, Any]], direction: Literal["in", "out"], members: _Members
) -> Iterable[FirewallRule]:
    """One rule for each IPv4 network of each permission, and for each member of a group: the gateway has no IPv6."""
    for permission in permissions:
        ports = {"from_port": permission.get("FromPort"), "to_port": permission.get("ToPort")}
        groups = [pair["GroupId"] for pair in permission.get("UserIdGroupPairs", ())]
        known = [part["CidrIp"] for part in permission["IpRanges"]]
        for text in (*known, *(one for group in groups for one in members.of(group))):
            network = ip_network(text)
            assert isinstance(network, IPv4Network)
            yield FirewallRule(direction=direction, protocol=permission["IpProtocol"], network=network, **ports)


INSTANCE = "AWS::EC2::Instance"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What EC2's edge goes by: the public address of each private one, and the instance (by its primary private address)
    that each route leads to; None where it leads to one that is gone."""

    associations: Mapping[IPv4Address, IPv4Address] = field(default_factory=dict)
    routes: Mapping[IPv4Network, IPv4Address | None] = field(default_factory=dict)


class DeployedAccount:
    """What is deployed in one account and region."""

    clients: Clients

    def client(self, service: str) -> Any:
        """A boto3 client of a service."""
        return self.clients.client(service)

    def stack(self, name: str) -> Any:
        """A stack by its name, as DescribeStacks shows it; None if there is none."""
        try:
            return self.clients.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def status(self, name: str) -> str | None:
        """The status of a stack by its name; None if there is none."""
        stack = self.stack(name)
        return stack["StackStatus"] if stack else None

    def deployed(self) -> tuple[str, ...]:
        """The clients that have a stack."""
        names = [one["StackName"] for one in self.clients.cloudformation.describe_stacks()["Stacks"]]
        return tuple(name.removeprefix(stack_name("")) for name in names if name.startswith(stack_name("")))

    def events(self, stack: str) -> list[Any]:
        """The events of a stack by its name, or by its id once it is deleted: the newest first."""
        return list(self.clients.cloudformation.describe_stack_events(StackName=stack)["StackEvents"])

    def stack_id(self, client: str) -> str | None:
        """The id of a client's stack, by which its events can be read when it is deleted."""
        stack = self.stack(stack_name(client))
        return stack["StackId"] if stack else None

    def outputs(self, client: str) -> dict[str, str]:
        """The outputs of a client's stack; none without a stack."""
        stack = self.stack(stack_name(client)) or {}
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def parameters(self, client: str) -> dict[str, str]:
        """The parameters of a client's stack as they were given; none without a stack."""
        stack = self.stack(stack_name(client)) or {}
        return {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}

    def resources(self, client: str) -> tuple[StackResource, ...]:
        """The resources of a client's stack, in the order of their creation; none without a stack."""
        try:
            answer = self.clients.cloudformation.describe_stack_resources(StackName=stack_name(client))
        except ClientError as error:
            if "does not exist" in str(error):
                return ()
            raise
        return tuple(
            StackResource(
                logical_id=one["LogicalResourceId"],
                physical_id=one.get("PhysicalResourceId", ""),
                kind=one["ResourceType"],
                status=one["ResourceStatus"],
            )
            for one in answer["StackResources"]
        )

    def _live(self, client: str) -> list[Any]:
        """The client's instances that are not terminated as EC2 describes them, the oldest first: two requests."""
        ids = [one.physical_id for one in self.resources(client) if one.kind == INSTANCE and one.physical_id]
        parts = self.clients.ec2.describe_instances(InstanceIds=ids)["Reservations"] if ids else []
        found = [one for part in parts for one in part["Instances"] if one["State"]["Name"] != "terminated"]
        return sorted(found, key=lambda one: one["LaunchTime"])

    def instances(self, client: str) -> tuple[Ec2Instance, ...]:
        """The client's gateways that exist, the oldest first: two while one replaces the other."""
        ec2, iam = self.clients.ec2, self.clients.iam
        return tuple(read_instance(one["InstanceId"], ec2=ec2, iam=iam) for one in self._live(client))

    def instance(self, client: str) -> Ec2Instance:
        """The client's newest gateway. Raises EmulatorFailed if it has none."""
        instances = self.instances(client)
        if not instances:
            raise EmulatorFailed(f"{stack_name(client)} has no instance: deploy it first")
        return instances[-1]

    def wait_for_instance(
        self, client: str, *, limit: float, other_than: AbstractSet[str] = frozenset()
    ) -> Ec2Instance:
        """Wait until there is a gateway whose id is none of these. Raises EmulatorFailed after `limit` seconds."""

        def new() -> list[str]:
            return [one["InstanceId"] for one in self._live(client) if one["InstanceId"] not in other_than]

        if not (found := until(new, limit=limit, pause=0.2)):
            raise EmulatorFailed(f"{stack_name(client)} had no new instance after {limit:.0f} s")
        return read_instance(found[-1], ec2=self.clients.ec2, iam=self.clients.iam)

    def awaited(self, client: str) -> StackResource | None:
        """The gateway whose signal the client's stack waits for."""
        found = [one for one in self.resources(client) if one.kind == INSTANCE and _is_waiting(one)]
        return found[-1] if found else None

    def signal(self, client: str, *, success: bool = True, limit: float = 60) -> None:
        """Claim and signal for the gateway that is waited for, as itself would; a failure without a claim.

        Raises:
            EmulatorFailed: none was waited for within `limit` seconds.
        """
        waiting = until(lambda: self.awaited(client), limit=limit)
        if waiting is None:
            raise EmulatorFailed(f"{stack_name(client)} had no gateway to signal for after {limit:.0f} s")
        if success:
            claim(self.clients, waiting.physical_id)
        self.clients.cloudformation.signal_resource(
            StackName=stack_name(client),
            LogicalResourceId=waiting.logical_id,
            UniqueId=waiting.physical_id,
            Status="SUCCESS" if success else "FAILURE",
        )

    def picture(self) -> Picture:
        """How the account's instances are reached now: two requests, cheap enough to be polled."""
        ec2: Any = self.clients.ec2
        running = [{"Name": "instance-state-name", "Values": ["running"]}]
        found = [one for part in ec2.describe_instances(Filters=running)["Reservations"] for one in part["Instances"]]
        private = [one for each in found for card in each["NetworkInterfaces"] for one in card["PrivateIpAddresses"]]
        tables = ec2.describe_route_tables()["RouteTables"]
        return Picture(
            associations={
                IPv4Address(one["PrivateIpAddress"]): IPv4Address(one["Association"]["PublicIp"])
                for one in private
                if "Association" in one
            },
            routes=dict(_routes([route for table in tables for route in table["Routes"]], found)),
        )

    def secrets(self, client: str) -> dict[str, str]:
        """The ARN of each secret that a client's stack made, by the name of its tunnel."""
        wanted: Any = [{"Key": "tag-key", "Values": [CLIENT_TAG]}, {"Key": "tag-value", "Values": [client]}]
        found = self.clients.secrets.list_secrets(Filters=wanted)["SecretList"]
        tags = {one["ARN"]: {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])} for one in found}
        return {
            named[TUNNEL_TAG]: arn
            for arn, named in tags.items()
            if named.get(CLIENT_TAG) == client and TUNNEL_TAG in named
        }

    def set_secret(self, secret_id: str, value: str) -> None:
        """Give a secret, by ARN or name, its value."""
        self.clients.secrets.put_secret_value(SecretId=secret_id, SecretString=value)

    def move_address(self, address: str, *, instance_id: str | None) -> None:
        """Move an Elastic IP to an instance, or away from any."""
        (found,) = self.clients.ec2.describe_addresses(PublicIps=[address])["Addresses"]
        if instance_id is not None:
            self.clients.ec2.associate_address(
                AllocationId=found["AllocationId"], **carrier(self.clients.ec2, instance_id)
            )
        elif "AssociationId" in found:
            self.clients.ec2.disassociate_address(AssociationId=found["AssociationId"])


def _routes(routes: list[Any], instances: list[Any]) -> Iterator[tuple[IPv4Network, IPv4Address | None]]:
    """Those that lead to an instance, or led to one."""
    primary: dict[str, IPv4Address] = {}
    for one in instances:
        names = [one["InstanceId"], *(card["NetworkInterfaceId"] for card in one["NetworkInterfaces"])]
        primary |= dict.fromkeys(names, IPv4Address(one["PrivateIpAddress"]))
    for route in routes:
        if target := route.get("NetworkInterfaceId") or route.get("InstanceId"):
            yield IPv4Network(route["DestinationCidrBlock"]), primary.get(target)


def _is_waiting(resource: StackResource) -> bool:
    return bool(resource.physical_id) and resource.status.endswith("_IN_PROGRESS")
