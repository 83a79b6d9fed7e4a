"""EC2: a gateway's instance, Debian's images, and how much of what AWS limits is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from ops.aws.access import Access, AwsFailure, NotThere, understood


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance. `public_ips` are of each private address that has one; `carrier` says in the CLI's words which private
    address is for the Elastic IP. `public_at` has the private address of each public one, `carries` the private one that is for
    the Elastic IP (empty: the primary). `has_own_way`: its primary address has a public one. `checks` is EC2's own verdict:
    `ok`, `impaired`, `initializing`, or empty where it has none yet."""

    id: str
    state: str
    type: str
    image_id: str
    zone: str
    launched: datetime
    public_ips: frozenset[str]
    carrier: str
    checks: str
    public_at: Mapping[str, str] = field(default_factory=dict)
    carries: str = ""
    has_own_way: bool = True


@understood("ec2 describe_instances")
def read_instance(access: Access, instance_id: str) -> Instance | None:
    """An instance, or None where there is none, or none any more."""
    try:
        reservations = access.call("ec2", "describe_instances", InstanceIds=[instance_id])["Reservations"]
    except NotThere:
        return None
    if not reservations:
        return None
    found = reservations[0]["Instances"][0]
    return Instance(
        id=instance_id,
        state=found["State"]["Name"],
        type=found["InstanceType"],
        image_id=found["ImageId"],
        zone=found["Placement"]["AvailabilityZone"],
        launched=found["LaunchTime"],
        checks=_checks(access, instance_id),
        **_addresses(found),
    )


def _addresses(found: Any) -> dict[str, Any]:
    """A secondary address carries, if the card has one; else the gateway is of before, and the primary one does."""
    each = [(card, one) for card in found.get("NetworkInterfaces", ()) for one in card.get("PrivateIpAddresses", ())]
    public_at = {one["Association"]["PublicIp"]: one["PrivateIpAddress"] for _, one in each if "Association" in one}
    carrier, carries = f"--instance-id {found['InstanceId']}", ""
    for card, one in each:
        if not one["Primary"] and not carries:
            carries = one["PrivateIpAddress"]
            carrier = f"--network-interface-id {card['NetworkInterfaceId']} --private-ip-address {carries}"
    return {
        "public_ips": frozenset(public_at),
        "public_at": public_at,
        "carrier": carrier,
        "carries": carries,
        "has_own_way": any(one["Primary"] and "Association" in one for _, one in each),
    }


def _checks(access: Access, instance_id: str) -> str:
    """The worse of the two checks: of the host, and of the instance."""
    said = access.call("ec2", "describe_instance_status", InstanceIds=[instance_id], IncludeAllInstances=True)
    verdicts = [one[part]["Status"] for one in said["InstanceStatuses"] for part in ("SystemStatus", "InstanceStatus")]
    return next((verdict for verdict in ("impaired", "initializing", "ok") if verdict in verdicts), "")


@understood("ec2 get_console_output")
def console_tail(access: Access, instance_id: str, *, lines: int = 12) -> str:
    """The last lines of the serial console, where the boot tells how it ended; empty where AWS has none.

    Without `Latest` AWS gives what it buffered minutes ago, or nothing; it refuses `Latest` for instance types that are not of
    the Nitro hypervisor, as T2 (EC2 API Reference, GetConsoleOutput).
    """
    try:
        said = access.call("ec2", "get_console_output", InstanceId=instance_id, Latest=True)
    except AwsFailure as failure:
        if failure.code != "UnsupportedOperation":
            return ""
        said = access.call("ec2", "get_console_output", InstanceId=instance_id)
    told = [line for line in said.get("Output", "").splitlines() if "fixtunnel" in line]
    return "\n".join(told[-lines:])


@understood("ec2 describe_instance_type_offerings")
def is_offered(access: Access, instance_type: str, zone: str) -> bool:
    """Whether the zone has this instance type."""
    filters = [{"Name": "instance-type", "Values": [instance_type]}, {"Name": "location", "Values": [zone]}]
    place: Any = {"LocationType": "availability-zone"}
    said = access.call("ec2", "describe_instance_type_offerings", Filters=filters, **place)
    return bool(said["InstanceTypeOfferings"])


@understood("ec2 describe_availability_zones")
def first_zone(access: Access) -> str:
    """The zone that CloudFormation takes for a new network (`Fn::GetAZs`): one with a default subnet, if there is any.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-getavailabilityzones.html
    """
    default = [{"Name": "default-for-az", "Values": ["true"]}]
    zones = [one["AvailabilityZone"] for one in access.pages("ec2", "describe_subnets", "Subnets", Filters=default)]
    if not zones:
        usual = [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]
        said = access.call("ec2", "describe_availability_zones", Filters=usual)
        zones = [one["ZoneName"] for one in said["AvailabilityZones"]]
    return min(zones, default="")


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image. Where AWS does not say, `made` is None, `root_device` empty and `root_gib` 0."""

    id: str
    name: str
    made: date | None
    architecture: str
    root_device: str = ""
    root_gib: int = 0


@understood("ec2 describe_images")
def find_image(access: Access, image_id: str) -> Image | None:
    """An image, or None where it is gone, or was never shared with this account."""
    try:
        found = access.call("ec2", "describe_images", ImageIds=[image_id])["Images"]
    except NotThere:
        return None
    return _image(found[0]) if found and found[0].get("State", "available") == "available" else None


@understood("ssm get_parameter")
def newest_image(access: Access, release: str, architecture: str) -> Image:
    """The newest image of a release (`debian-13`), as Debian's own parameter names it. Raises NotThere."""
    name = f"/aws/service/debian/release/{release.removeprefix('debian-')}/latest/{architecture}"
    image_id = access.call("ssm", "get_parameter", Name=name)["Parameter"]["Value"]
    return find_image(access, image_id) or Image(id=image_id, name="", made=None, architecture=architecture)


def _image(found: Any) -> Image:
    made, root = (found.get("CreationDate") or "")[:10], found.get("RootDeviceName", "")
    sizes = [
        one["Ebs"].get("VolumeSize", 0)
        for one in found.get("BlockDeviceMappings", ())
        if one.get("DeviceName") == root and "Ebs" in one
    ]
    return Image(
        id=found["ImageId"],
        name=found.get("Name", ""),
        made=date.fromisoformat(made) if made else None,
        architecture={"x86_64": "amd64"}.get(found.get("Architecture", ""), found.get("Architecture", "")),
        root_device=root,
        root_gib=max(sizes, default=0),
    )


Kind = Literal["elastic-ip", "vpc", "route"]
_QUOTAS: dict[Kind, tuple[str, str, int]] = {
    "elastic-ip": ("ec2", "L-0263D0A3", 5),
    "vpc": ("vpc", "L-F678F1CE", 5),
    "route": ("vpc", "L-93826ACB", 500),
}
"""Of each kind: the service and the code of its quota, and AWS's default. A route's is for one table."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """`used` of `limit`. `is_known`: the limit is this account's, not AWS's default."""

    used: int
    limit: int
    is_known: bool

    @property
    def left(self) -> int:
        """How many more there may be."""
        return max(0, self.limit - self.used)


@understood("ec2 limits")
def room(access: Access, kind: Kind, used: int | None = None) -> Room:
    """How many there are, in the region unless `used` says it, and how many there may be."""
    used = _used(access, kind) if used is None else used
    service, code, default = _QUOTAS[kind]
    try:
        said = access.call("service-quotas", "get_service_quota", ServiceCode=service, QuotaCode=code)
    except AwsFailure:
        # Many roles may not ask. The default is what most accounts have.
        return Room(used=used, limit=default, is_known=False)
    return Room(used=used, limit=int(said["Quota"]["Value"]), is_known=True)


def _used(access: Access, kind: Kind) -> int:
    if kind == "vpc":
        return len(access.pages("ec2", "describe_vpcs", "Vpcs"))
    return len(access.call("ec2", "describe_addresses")["Addresses"])
