"""The deployed instance as the embedded AWS describes it now."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from localaws.lag import ASSOCIATION_SECONDS, LONGEST_SECONDS, Lag
from localaws.serving.backend import Backend

_FRESH_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The instance profile, and the role in it that EC2 may take on (None: its trust policy does not let EC2)."""

    arn: str
    id: str
    role: str
    is_trusted: bool


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the metadata service tells, as `describe_instances` and its like gave it.

    `associations` has the public address of each private one that has one.
    """

    instance: dict[str, Any]
    reservation_id: str
    account: str
    interface: dict[str, Any]
    subnet_cidr: str
    vpc_cidr: str
    associations: Mapping[IPv4Address, IPv4Address]
    profile: Profile | None

    @property
    def public_address(self) -> IPv4Address | None:
        """The primary private address's: an Elastic IP, or a temporary one."""
        return self.associations.get(IPv4Address(self.interface["PrivateIpAddress"]))


class DeployedInstance:
    """Reads an instance's facts; what it read is good for half a second, since a boot asks for 60 paths in a row.

    An association shows `lag` seconds after it was made, and so is its end.
    """

    def __init__(self, *, backend: Backend, instance_id: str, lag: float = ASSOCIATION_SECONDS) -> None:
        self.instance_id = instance_id
        self._lag = lag
        self._associations = Lag[dict[IPv4Address, IPv4Address]](lag)
        self._ec2 = backend.client("ec2")
        self._iam = backend.client("iam")
        self._known: tuple[float, Facts] | None = None

    def facts(self) -> Facts:
        """The facts as they are now, to half a second."""
        if self._known is None or time.monotonic() - self._known[0] > _FRESH_S:
            self._known = (time.monotonic(), self._read())
        return self._known[1]

    def be_late(self, is_late: bool) -> None:
        """Show associations as late as it was seen at the most, or as late as ever."""
        self._associations.seconds = LONGEST_SECONDS if is_late else self._lag

    def user_data(self) -> bytes | None:
        """The very bytes that were deployed; None where there are none."""
        found = self._ec2.describe_instance_attribute(InstanceId=self.instance_id, Attribute="userData")
        encoded = found.get("UserData", {}).get("Value")
        return base64.b64decode(encoded) if encoded else None

    def _read(self) -> Facts:
        reservation = self._ec2.describe_instances(InstanceIds=[self.instance_id])["Reservations"][0]
        instance = reservation["Instances"][0]
        interface = instance["NetworkInterfaces"][0]
        subnet = self._ec2.describe_subnets(SubnetIds=[interface["SubnetId"]])["Subnets"][0]
        vpc = self._ec2.describe_vpcs(VpcIds=[interface["VpcId"]])["Vpcs"][0]
        return Facts(
            instance=instance,
            reservation_id=reservation["ReservationId"],
            account=reservation["OwnerId"],
            interface=interface,
            subnet_cidr=subnet["CidrBlock"],
            vpc_cidr=vpc["CidrBlock"],
            associations=self._associations.shows(_associations(interface)),
            profile=self._profile(instance),
        )

    def _profile(self, instance: dict[str, Any]) -> Profile | None:
        attached = instance.get("IamInstanceProfile")
        if not attached:
            return None
        name = attached["Arn"].rpartition("/")[2]
        found = self._iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        role = found["Roles"][0]
        trusted = _trusts_ec2(role["AssumeRolePolicyDocument"])
        return Profile(arn=found["Arn"], id=found["InstanceProfileId"], role=role["RoleName"], is_trusted=trusted)


class Instances:
    """The instance that asks, by the private address from which it does; the first one for an unknown address."""

    def __init__(self, *, backend: Backend, first: str, lag: float = ASSOCIATION_SECONDS) -> None:
        self._backend = backend
        self._lag = lag
        self._first = DeployedInstance(backend=backend, instance_id=first, lag=lag)
        self._ec2 = backend.client("ec2")
        self._by_address: dict[str, DeployedInstance] = {}

    def at(self, address: str) -> DeployedInstance:
        """Who has this address. An address keeps its instance: the rehearsal gives none out twice."""
        if address not in self._by_address:
            self._by_address[address] = self._find(address)
        return self._by_address[address]

    def _find(self, address: str) -> DeployedInstance:
        wanted = [{"Name": "private-ip-address", "Values": [address]}]
        found = self._ec2.describe_instances(Filters=wanted)["Reservations"]
        ids = [one["InstanceId"] for part in found for one in part["Instances"] if one["State"]["Name"] == "running"]
        known = ids and ids[0] != self._first.instance_id
        return DeployedInstance(backend=self._backend, instance_id=ids[0], lag=self._lag) if known else self._first


def _associations(interface: dict[str, Any]) -> dict[IPv4Address, IPv4Address]:
    """The public address of each private one of the interface."""
    return {
        IPv4Address(one["PrivateIpAddress"]): IPv4Address(one["Association"]["PublicIp"])
        for one in interface["PrivateIpAddresses"]
        if "Association" in one
    }


def _trusts_ec2(document: dict[str, Any]) -> bool:
    """Whether a statement allows EC2 to take the role on. Looser than IAM: conditions are not evaluated here."""
    statements = document.get("Statement", [])
    return any(
        each.get("Effect") == "Allow" and '"ec2.amazonaws.com' in json.dumps(each.get("Principal"))
        for each in ([statements] if isinstance(statements, dict) else statements)
    )
