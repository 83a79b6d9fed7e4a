"""What is in the account before anything is deployed: Debian's images, and parts that a client says exist already.

moto chooses ids itself and refuses SSM parameters under /aws/, so these go past its API.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any
from unittest.mock import patch

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.logs.models import logs_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends
from moto.ssm.models import Parameter, ssm_backends
from moto.utilities.utils import get_partition

from localaws.cloudformation.addresses import RESERVED
from localaws.cloudformation.clients import Clients
from localaws.cloudformation.stack import now
from localaws.rules.launches import DEBIAN_GIB, DEBIAN_ROOT, Image

RELEASES = {"12": "bookworm", "13": "trixie"}
MACHINES = {"amd64": "x86_64", "arm64": "arm64"}
DEBIAN = "136693071363"
"""Debian's own account at AWS: https://wiki.debian.org/Cloud/AmazonEC2Image"""

BOUNDARY = (("Allow", "*"), ("Deny", "iam:*"), ("Deny", "organizations:*"), ("Deny", "sts:AssumeRole"))

_one_id = Lock()


def image_id(release: str, architecture: str) -> str:
    """A made-up image id, the same in every run, so that a second deploy replaces nothing."""
    return "ami-" + hashlib.sha256(f"debian {release} {architecture}".encode()).hexdigest()[:17]


def images(clients: Clients) -> None:
    """Debian's images, and the parameters that name the latest of each release and architecture."""
    for release, codename in RELEASES.items():
        for architecture, machine in MACHINES.items():
            ami = image_id(release, architecture)
            _image(clients, ami, f"debian-{release}-{codename}-{architecture}", machine)
            _parameter(clients, f"/aws/service/debian/release/{release}/latest/{architecture}", ami)


def _image(clients: Clients, ami: str, name: str, machine: str, **root: Any) -> None:
    backend = ec2_backends[clients.account][clients.region]
    about = {"owner_id": DEBIAN, "virtualization_type": "hvm", "hypervisor": "xen", **root}
    backend.amis[ami] = Image(backend, ami, name=name, architecture=machine, public=True, **about)


def _parameter(clients: Clients, name: str, value: str) -> None:
    stored = Parameter(  # type: ignore[abstract]
        account_id=clients.account,
        name=name,
        value=value,
        parameter_type="String",
        description="",
        allowed_pattern=None,
        keyid=None,
        last_modified_date=now(),
        version=1,
        data_type="aws:ec2:image",
    )
    ssm_backends[clients.account][clients.region]._parameters[name] = [stored]


def existing(clients: Clients, parts: Mapping[str, Any]) -> None:
    """Parts with the ids that a client file gives them; what is there already stays as it is.

    Keys, all optional: `network` {vpc_id, cidr, subnet_id, subnet_cidr, zone, route_table_ids; standby {subnet_id, subnet_cidr,
    zone}; ways: what leads to the internet gateway}, `address` {allocation_id, address}, `secrets` [arn], `keys` [arn],
    `topics` [arn], `boundaries` [arn], `log_groups` [name], `buckets` [name],
    `image` {ami, architecture; root_device, root_gib: Debian's unless given}.
    """
    with _one_id:
        if network := parts.get("network"):
            _network(clients, network)
        if address := parts.get("address"):
            _address(clients, address["allocation_id"], address["address"])
        for arn in parts.get("secrets", ()):
            _secret(clients, arn)
        for arn in parts.get("keys", ()):
            _key(clients, arn)
        for arn in parts.get("topics", ()):
            _topic(clients, arn)
        for arn in parts.get("boundaries", ()):
            _boundary(clients, arn)
        for name in parts.get("log_groups", ()):
            _log_group(clients, name)
        for name in parts.get("buckets", ()):
            _bucket(clients, name)
        if image := parts.get("image"):
            root = {"root_device": image.get("root_device", DEBIAN_ROOT), "root_gib": image.get("root_gib", DEBIAN_GIB)}
            _image(clients, image["ami"], "pinned", MACHINES[image["architecture"]], **root)


def _network(clients: Clients, network: Mapping[str, Any]) -> None:
    """A VPC with a public subnet, or one in each of two zones, and the route tables of the trading hosts."""
    ec2 = clients.ec2
    vpc_id = network["vpc_id"]
    if vpc_id in ec2_backends[clients.account][clients.region].vpcs:
        return
    with _named("vpcs.random_vpc_id", vpc_id):
        ec2.create_vpc(CidrBlock=network["cidr"])
    subnets = [network, *([network["standby"]] if "standby" in network else [])]
    for subnet in subnets:
        with _named("subnets.random_subnet_id", subnet["subnet_id"]):
            ec2.create_subnet(VpcId=vpc_id, CidrBlock=subnet["subnet_cidr"], AvailabilityZone=subnet["zone"])
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    public = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    for destination in network.get("ways", ["0.0.0.0/0"]):
        ec2.create_route(RouteTableId=public, DestinationCidrBlock=destination, GatewayId=gateway)
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=public, SubnetId=subnet["subnet_id"])
    for table in network["route_table_ids"]:
        with _named("route_tables.random_route_table_id", table):
            ec2.create_route_table(VpcId=vpc_id)


def _address(clients: Clients, allocation_id: str, address: str) -> None:
    RESERVED.add(address)
    backend = ec2_backends[clients.account][clients.region]
    if any(one.allocation_id == allocation_id for one in backend.addresses):
        return
    with _named("elastic_ip_addresses.random_eip_allocation_id", allocation_id):
        backend.allocate_address(domain="vpc", address=address)


def _secret(clients: Clients, arn: str) -> None:
    """An empty secret; the six characters that AWS adds to the name are the last of the ARN."""
    secrets = secretsmanager_backends[clients.account][clients.region].secrets
    name = arn.rsplit(":", 1)[-1][:-7]
    if arn not in secrets:
        clients.secrets.create_secret(Name=name)
        secrets[name].arn = arn


def _key(clients: Clients, arn: str) -> None:
    keys, id = kms_backends[clients.account][clients.region].keys, arn.rsplit("/", 1)[-1]
    if id in keys:
        return
    made = clients.client("kms").create_key()["KeyMetadata"]["KeyId"]
    key = keys[id] = keys.pop(made)
    key.id, key.arn = id, arn


def _topic(clients: Clients, arn: str) -> None:
    account, name = arn.split(":")[4:]
    topics = sns_backends[account][clients.region]
    if arn not in topics.topics:
        topics.create_topic(name)


def _bucket(clients: Clients, name: str) -> None:
    s3 = clients.client("s3")
    if name not in {one["Name"] for one in s3.list_buckets()["Buckets"]}:
        # S3 API Reference, CreateBucket: us-east-1 is named by none.
        place = {} if clients.region == "us-east-1" else {"LocationConstraint": clients.region}
        s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))


def _log_group(clients: Clients, name: str) -> None:
    if name not in logs_backends[clients.account][clients.region].groups:
        clients.client("logs").create_log_group(logGroupName=name)


def _boundary(clients: Clients, arn: str) -> None:
    """What firms forbid a role of any stack, whatever its own policies say. What it is at a given firm is not known here."""
    policies = iam_backends[clients.account][get_partition(clients.region)].managed_policies
    if arn in policies:
        return
    document = {"Statement": [{"Effect": effect, "Action": action, "Resource": "*"} for effect, action in BOUNDARY]}
    made = clients.iam.create_policy(
        PolicyName=arn.rsplit("/", 1)[-1], PolicyDocument=json.dumps({"Version": "2012-10-17", **document})
    )["Policy"]["Arn"]
    policies[arn] = policies.pop(made)


@contextmanager
def _named(maker: str, wanted: str) -> Iterator[None]:
    """Let moto's next id of a kind be this one."""
    with patch(f"moto.ec2.models.{maker}", return_value=wanted):
        yield
