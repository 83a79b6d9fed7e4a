"""The paths of the instance metadata and what each says (EC2 User Guide, "Instance metadata categories")."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from localaws.iam.role import RoleKey
from localaws.metadata.deployed import Facts, Profile

Leaves = dict[str, str]
VERSIONS = ("1.0", "2016-09-02", "2018-09-24", "2021-03-23", "2024-04-11", "latest")
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


def leaves(facts: Facts, *, key: RoleKey) -> Leaves:
    """Every path under a version, such as `meta-data/instance-id`, with its text. User data is not among them."""
    meta = {**_instance(facts), **_names(facts), **_interface(facts), **_role(facts, key)}
    return {
        **{f"meta-data/{path}": text for path, text in meta.items()},
        # AWS lists signatures of the document too; nobody but AWS can make them.
        "dynamic/instance-identity/document": _document(facts),
    }


def without(tree: Leaves, hidden: Collection[str]) -> Leaves:
    """The tree without the leaves and folders of these names."""
    return {path: text for path, text in tree.items() if not any(part in hidden for part in path.split("/"))}


def lookup(tree: Mapping[str, str], path: str) -> str | None:
    """A leaf's text, or a folder's listing: one name a line, folders with a slash. None where there is neither."""
    if path in tree:
        return tree[path]
    folder = f"{path.rstrip('/')}/" if path.strip("/") else ""
    rests = [leaf.removeprefix(folder) for leaf in tree if leaf.startswith(folder)]
    names = {f"{rest.partition('/')[0]}{'/' if '/' in rest else ''}" for rest in rests}
    return "\n".join(sorted(names)) or None


def _instance(facts: Facts) -> Leaves:
    instance = facts.instance
    zone = instance["Placement"]["AvailabilityZone"]
    return {
        "ami-id": instance["ImageId"],
        "ami-launch-index": str(instance.get("AmiLaunchIndex", 0)),
        "ami-manifest-path": "(unknown)",
        "block-device-mapping/ami": instance["RootDeviceName"],
        "block-device-mapping/root": instance["RootDeviceName"],
        "instance-action": "none",
        "instance-id": instance["InstanceId"],
        "instance-life-cycle": "on-demand",
        "instance-type": instance["InstanceType"],
        "placement/availability-zone": zone,
        "placement/region": zone[:-1],
        "profile": "default-hvm",
        "reservation-id": facts.reservation_id,
        "security-groups": "\n".join(group["GroupName"] for group in facts.interface["Groups"]),
        "services/domain": "amazonaws.com",
        "services/partition": "aws",
        "system": "nitro",
    }


def _names(facts: Facts) -> Leaves:
    private = facts.interface["PrivateIpAddress"]
    local_name = facts.instance["PrivateDnsName"]
    names = {"hostname": local_name, "local-hostname": local_name, "local-ipv4": private}
    if facts.public_address is None:
        return names
    return {**names, "public-ipv4": str(facts.public_address), "public-hostname": _public_name(facts)}


def _interface(facts: Facts) -> Leaves:
    interface = facts.interface
    about = {
        "device-number": "0",
        "interface-id": interface["NetworkInterfaceId"],
        "local-hostname": facts.instance["PrivateDnsName"],
        "local-ipv4s": "\n".join(one["PrivateIpAddress"] for one in interface["PrivateIpAddresses"]),
        "mac": interface["MacAddress"],
        "owner-id": facts.account,
        "security-group-ids": "\n".join(group["GroupId"] for group in interface["Groups"]),
        "security-groups": "\n".join(group["GroupName"] for group in interface["Groups"]),
        "subnet-id": interface["SubnetId"],
        "subnet-ipv4-cidr-block": facts.subnet_cidr,
        "vpc-id": interface["VpcId"],
        "vpc-ipv4-cidr-block": facts.vpc_cidr,
        "vpc-ipv4-cidr-blocks": facts.vpc_cidr,
    }
    if facts.associations:
        about["public-ipv4s"] = "\n".join(map(str, facts.associations.values()))
        about |= {f"ipv4-associations/{public}": str(private) for private, public in facts.associations.items()}
    if facts.public_address is not None:
        about["public-hostname"] = _public_name(facts)
    folder = f"network/interfaces/macs/{interface['MacAddress']}"
    return {"mac": interface["MacAddress"], **{f"{folder}/{name}": text for name, text in about.items()}}


def _public_name(facts: Facts) -> str:
    region = facts.instance["Placement"]["AvailabilityZone"][:-1]
    return f"ec2-{str(facts.public_address).replace('.', '-')}.{region}.compute.amazonaws.com"


def _role(facts: Facts, key: RoleKey) -> Leaves:
    if facts.profile is None:
        return {}
    profile = facts.profile
    about = {**_outcome(profile), "InstanceProfileArn": profile.arn, "InstanceProfileId": profile.id}
    credentials = _credentials(profile, facts, key)
    return {"iam/info": json.dumps(about, indent=2), f"iam/security-credentials/{profile.role}": credentials}


def _outcome(profile: Profile) -> dict[str, str]:
    code = "Success" if profile.is_trusted else "AssumeRoleUnauthorizedAccess"
    return {"Code": code, "LastUpdated": f"{datetime.now(UTC):{_STAMP}}"}


def _credentials(profile: Profile, facts: Facts, key: RoleKey) -> str:
    if not profile.is_trusted:
        message = f"EC2 cannot assume the role {profile.role}. Please see its trust policy."
        return json.dumps({**_outcome(profile), "Message": message}, indent=2)
    issued = key.issue(role=profile.role, instance_id=facts.instance["InstanceId"])
    about = {
        **_outcome(profile),
        "Type": "AWS-HMAC",
        "AccessKeyId": issued.access_key_id,
        "SecretAccessKey": issued.secret_access_key,
        "Token": issued.token,
        "Expiration": f"{issued.session.expires:{_STAMP}}",
    }
    return json.dumps(about, indent=2)


def _document(facts: Facts) -> str:
    instance = facts.instance
    zone = instance["Placement"]["AvailabilityZone"]
    about = {
        "accountId": facts.account,
        "architecture": instance["Architecture"],
        "availabilityZone": zone,
        "imageId": instance["ImageId"],
        "instanceId": instance["InstanceId"],
        "instanceType": instance["InstanceType"],
        "pendingTime": f"{instance['LaunchTime']:{_STAMP}}",
        "privateIp": facts.interface["PrivateIpAddress"],
        "region": zone[:-1],
        "version": "2017-09-30",
    }
    return json.dumps(about, indent=2)
