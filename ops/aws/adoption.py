"""What an earlier stack of a client left behind, so that the next deploy adopts it instead of making it again.

The Elastic IP, the secrets and the log group are retained when their stack goes. They carry the client's name, the first two
as a tag; the next stack takes their ids as parameters, which CloudFormation remembers from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from model.adoption import (
    ADDRESS_PARAMETER,
    ALLOCATION_PARAMETER,
    CLIENT_TAG,
    LOG_PARAMETER,
    TUNNEL_TAG,
    ZONE_PARAMETER,
    psk_parameter,
)
from model.client import NewNetwork
from model.deployment import Deployment
from userdata.contract import log_place, stack_name

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

OWNS_NOTHING = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_COMPLETE")
"""States of a stack whose retained parts belong to no stack: it never was, or can only be deleted."""


class KeptTwice(Exception):
    """Two parts are kept for one purpose, and only a person knows which one the venue has."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """An Elastic IP."""

    allocation_id: str
    ip: str

    def __str__(self) -> str:
        return f"{self.ip} ({self.allocation_id})"


@dataclass(frozen=True, kw_only=True)
class Left:
    """What carries a client's name and outlives its stack; `secrets` are ARNs with the tunnel of each."""

    addresses: tuple[Address, ...]
    secrets: tuple[tuple[str, str], ...]
    log: str | None

    def __bool__(self) -> bool:
        return bool(self.addresses or self.secrets or self.log)


def left(deployment: Deployment, *, ec2: EC2Client, secrets: SecretsManagerClient, logs: Any) -> Left:
    """What is kept for a client. What its file names is somebody's own, and no part of it."""
    client, named = deployment.client, deployment.client.gateway.elastic_ip
    foreign = {one.tunnel.secret.arn for one in deployment.connections if one.tunnel.secret}
    foreign |= {named.allocation_id} if named else set()
    arns = [(arn, tunnel) for tunnel, found in _secrets(client.name, secrets).items() for arn in found]
    return Left(
        addresses=tuple(one for one in _addresses(client.name, ec2) if one.allocation_id not in foreign),
        secrets=tuple((arn, tunnel) for arn, tunnel in arns if arn not in foreign),
        log=None if client.log_group else _log(client.name, logs),
    )


def parameters(
    deployment: Deployment,
    *,
    cloudformation: CloudFormationClient,
    ec2: EC2Client,
    secrets: SecretsManagerClient,
    logs: Any,
) -> dict[str, str]:
    """The stack's parameters for each kept part that this deploy would otherwise make again; mostly none.

    Raises KeptTwice, and botocore's ClientError where the account may not be read.
    """
    client = deployment.client.name
    owned = _owned(stack_name(client), cloudformation)
    wants_address = deployment.client.gateway.elastic_ip is None
    wants_secret = [one.name for one in deployment.connections if one.tunnel.secret is None]
    found = _adopted_address(_addresses(client, ec2), owned, client) if wants_address else {}
    kept = _secrets(client, secrets)
    for tunnel in wants_secret:
        arns = kept.get(tunnel, [])
        if arns and owned.isdisjoint(arns):
            found[psk_parameter(tunnel)] = _only(arns, f"secret of the tunnel {tunnel} of {client}", TUNNEL_TAG)
    if deployment.client.log_group is None and (log := _log(client, logs)) and log not in owned:
        found[LOG_PARAMETER] = log
    if owned and isinstance(deployment.client.network, NewNetwork):
        found |= _zone(stack_name(client), cloudformation, ec2)
    return found


def _zone(stack: str, cloudformation: CloudFormationClient, ec2: EC2Client) -> dict[str, str]:
    """The zone that the stack's own subnet is in: it stays there, whatever zone comes first in the region now."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    made = [
        one for page in pages for one in page["StackResourceSummaries"] if one["ResourceType"] == "AWS::EC2::Subnet"
    ]
    there = [one["PhysicalResourceId"] for one in made if not one["ResourceStatus"].startswith("DELETE")]
    found = ec2.describe_subnets(SubnetIds=there)["Subnets"] if there else []
    return {ZONE_PARAMETER: found[0]["AvailabilityZone"]} if found else {}


def _owned(stack: str, cloudformation: CloudFormationClient) -> frozenset[str]:
    """Ids of what the stack made, and of what it adopted before."""
    try:
        (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return frozenset()
        raise
    if described["StackStatus"] in OWNS_NOTHING:
        return frozenset()
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    made = [one.get("PhysicalResourceId", "") for page in pages for one in page["StackResourceSummaries"]]
    adopted = [one["ParameterValue"] for one in described.get("Parameters", []) if one["ParameterValue"]]
    return frozenset([*made, *adopted])


def _adopted_address(addresses: list[Address], owned: frozenset[str], client: str) -> dict[str, str]:
    if not addresses or any({one.ip, one.allocation_id} & owned for one in addresses):
        return {}
    by_id = {one.allocation_id: one for one in addresses}
    chosen = by_id[_only(by_id, f"Elastic IP of {client}", CLIENT_TAG)]
    return {ALLOCATION_PARAMETER: chosen.allocation_id, ADDRESS_PARAMETER: chosen.ip}


def _addresses(client: str, ec2: EC2Client) -> list[Address]:
    found = ec2.describe_addresses(Filters=[{"Name": f"tag:{CLIENT_TAG}", "Values": [client]}])["Addresses"]
    return [Address(allocation_id=one["AllocationId"], ip=one["PublicIp"]) for one in found]


def _log(client: str, logs: Any) -> str | None:
    """The client's log group, if there is one: nothing but its name says whose it is."""
    name = log_place(client).group
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return name if any(one["logGroupName"] == name for one in groups) else None


def _secrets(client: str, secrets: SecretsManagerClient) -> dict[str, list[str]]:
    """ARNs by tunnel. The service's filters look at any tag and at the start of its value: so looked at again here."""
    wanted: Any = [{"Key": "tag-key", "Values": [CLIENT_TAG]}, {"Key": "tag-value", "Values": [client]}]
    found: dict[str, list[str]] = {}
    for page in secrets.get_paginator("list_secrets").paginate(Filters=wanted):
        for one in page["SecretList"]:
            tags = {tag.get("Key", ""): tag.get("Value", "") for tag in one.get("Tags", [])}
            if tags.get(CLIENT_TAG) == client and TUNNEL_TAG in tags:
                found.setdefault(tags[TUNNEL_TAG], []).append(one["ARN"])
    return found


def _only(ids: Iterable[str], what: str, tag: str) -> str:
    known = sorted(ids)
    if len(known) > 1:
        message = f"more than one {what} was kept: {', '.join(known)}"
        raise KeptTwice(
            f"{message}. Keep the one that the venue knows; take the tag {tag} off the others, or delete them"
        )
    return known[0]
