"""A gateway's instance in EC2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.aws.access import Access, AwsFailure, NotThere


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance. `checks` is EC2's own verdict: `ok`, `impaired`, `initializing`, or empty where it has none yet."""

    id: str
    state: str
    type: str
    image_id: str
    zone: str
    launched: datetime
    public_ip: str
    checks: str


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
        public_ip=found.get("PublicIpAddress", ""),
        checks=_checks(access, instance_id),
    )


def _checks(access: Access, instance_id: str) -> str:
    """The worse of the two checks: of the host, and of the instance."""
    said = access.call("ec2", "describe_instance_status", InstanceIds=[instance_id], IncludeAllInstances=True)
    verdicts = [one[part]["Status"] for one in said["InstanceStatuses"] for part in ("SystemStatus", "InstanceStatus")]
    return next((verdict for verdict in ("impaired", "initializing", "ok") if verdict in verdicts), "")


def console_tail(access: Access, instance_id: str, *, lines: int = 12) -> str:
    """The last lines of the serial console, where the boot tells how it ended; empty where AWS has none."""
    try:
        said = access.call("ec2", "get_console_output", InstanceId=instance_id)
    except AwsFailure:
        return ""
    told = [line for line in said.get("Output", "").splitlines() if "fixtunnel" in line]
    return "\n".join(told[-lines:])


def is_offered(access: Access, instance_type: str, zone: str) -> bool:
    """Whether the zone has this instance type."""
    filters = [{"Name": "instance-type", "Values": [instance_type]}, {"Name": "location", "Values": [zone]}]
    place: Any = {"LocationType": "availability-zone"}
    said = access.call("ec2", "describe_instance_type_offerings", Filters=filters, **place)
    return bool(said["InstanceTypeOfferings"])


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
