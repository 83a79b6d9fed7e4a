"""Calls to AWS, with the distribution's boto3. Importing it takes seconds and 34 MB, so no resident program does.

The boot calls these once and ends; the watch calls them through `fixtunnel.errand`.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from fixtunnel import settings
from fixtunnel.command import Failed

ATTEMPTS = 4
"""How often a call is tried. An errand of the watch's comes again anyway: it has less, by boto3's own AWS_MAX_ATTEMPTS."""


class NoValueYet(Exception):
    """The secret has no value: somebody has yet to put the PSK in."""


def secret(arn: str) -> tuple[str, bytes]:
    """The version id and the value of a secret.

    Raises:
        NoValueYet: it has no value.
        Failed: it cannot be read.
    """
    try:
        answer = _call("secretsmanager", "get_secret_value", SecretId=arn)
    except Failed as failure:
        # What AWS says of a secret that was made without a value; one that is not there has other words.
        if "ResourceNotFound" in failure.detail and "AWSCURRENT" in failure.detail:
            raise NoValueYet(arn) from None
        raise
    value = _value(answer)
    if not value:
        raise NoValueYet(arn)
    return str(answer["VersionId"]), value


def _value(answer: dict[str, Any]) -> bytes:
    return bytes(answer.get("SecretBinary") or answer.get("SecretString", "").strip("\r\n").encode())


def former_secret(arn: str) -> bytes | None:
    """The value that a secret had before its current one; None where there was none.

    Raises:
        Failed: it cannot be read.
    """
    try:
        answer = _call("secretsmanager", "get_secret_value", SecretId=arn, VersionStage="AWSPREVIOUS")
    except Failed as failure:
        if "ResourceNotFound" in failure.detail:
            return None
        raise
    return _value(answer) or None


def secret_version(arn: str) -> str:
    """The id of the secret's current version, without its value; empty while it has none.

    Raises:
        Failed: it cannot be read.
    """
    versions = _call("secretsmanager", "describe_secret", SecretId=arn).get("VersionIdsToStages", {})
    return next((str(version) for version, stages in versions.items() if "AWSCURRENT" in stages), "")


def parameter(name: str) -> str:
    """The text of a parameter of Systems Manager.

    Raises:
        Failed: it cannot be read.
    """
    return str(_call("ssm", "get_parameter", Name=name)["Parameter"]["Value"])


def put_metrics(namespace: str, data: list[dict[str, Any]]) -> None:
    """Publish metrics, all in one call (API: PutMetricData takes 1000).

    Raises:
        Failed: CloudWatch did not take them.
    """
    _call("cloudwatch", "put_metric_data", Namespace=namespace, MetricData=data)


def put_events(group: str, stream: str, events: list[dict[str, Any]]) -> None:
    """Write log events, in the order of their time. In a firm's own log group this makes the stream, where none is there.

    Raises:
        Failed: CloudWatch Logs did not take them.
    """
    place = {"logGroupName": group, "logStreamName": stream}
    try:
        _call("logs", "put_log_events", **place, logEvents=events)
    except Failed as failure:
        if not (settings.load().log_group and "ResourceNotFound" in failure.detail):
            raise
        _call("logs", "create_log_stream", **place)
        _call("logs", "put_log_events", **place, logEvents=events)


def signal(succeeded: bool, unique_id: str) -> None:
    """Tell CloudFormation. `unique_id` is at most 64 characters, and the only place for a reason (API: SignalResource).

    That it waits for no signal is an answer too: it heard one before, or its time is over. Its words for it are those of
    aws-cloudformation-templates#34, and they have no code of their own.

    Raises:
        Failed: CloudFormation did not answer, or did not take it.
    """
    here = settings.load()
    try:
        _call(
            "cloudformation",
            "signal_resource",
            StackName=here.stack,
            LogicalResourceId=here.resource,
            UniqueId=unique_id,
            Status="SUCCESS" if succeeded else "FAILURE",
        )
    except Failed as failure:
        if "cannot be signaled" not in failure.detail:
            raise
        print(f"fixtunnel: CloudFormation waits for no signal: {failure.detail}", flush=True)


@dataclass(frozen=True)
class Holder:
    """The private address that has an Elastic IP, its interface, the instance of that (empty where there is none), and the id
    by which EC2 knows that it has it."""

    interface: str
    private: str
    instance: str = field(default="", compare=False)
    association: str = field(default="", compare=False)


NOWHERE = ""
"""The target of a route that leads to nothing: EC2 calls it a blackhole."""


def holder(allocation: str) -> Holder | None:
    """Who has an Elastic IP.

    Raises:
        Failed: EC2 does not say.
    """
    (found,) = _call("ec2", "describe_addresses", AllocationIds=[allocation])["Addresses"]
    if not found.get("AssociationId"):
        return None
    return Holder(
        found["NetworkInterfaceId"], found["PrivateIpAddress"], found.get("InstanceId", ""), found["AssociationId"]
    )


def associate(allocation: str, interface: str, private: str, *, may_move: bool) -> str:
    """Give an Elastic IP to a private address; the id of the association. One that is there already stays.

    Raises:
        Failed: EC2 did not, or the answer was lost; without `may_move` also where somebody has it.
    """
    answer = _call(
        "ec2",
        "associate_address",
        AllocationId=allocation,
        NetworkInterfaceId=interface,
        PrivateIpAddress=private,
        AllowReassociation=may_move,
    )
    return str(answer["AssociationId"])


def disassociate(association: str) -> None:
    """End an association by its id. One that has ended already stays so: no newer one is touched.

    Raises:
        Failed: EC2 did not, or the answer was lost.
    """
    _call("ec2", "disassociate_address", AssociationId=association)


@dataclass(frozen=True)
class Partner:
    """The pair's other gateway: its instance, and the primary private address from which it speaks to us."""

    instance: str
    address: str


def partner(stack: str, resource: str, image: str) -> Partner | None:
    """The newest instance that a stack made by this logical id from the same image; None while there is none.

    From another image it is one that is being replaced, or replaces: another pair's.

    Raises:
        Failed: EC2 does not say.
    """
    wanted = {
        "tag:aws:cloudformation:stack-name": [stack],
        "tag:aws:cloudformation:logical-id": [resource],
        "image-id": [image],
        "instance-state-name": ["pending", "running", "stopping", "stopped"],
    }
    filters = [{"Name": name, "Values": values} for name, values in wanted.items()]
    parts = _call("ec2", "describe_instances", Filters=filters)["Reservations"]
    found = [one for part in parts for one in part["Instances"] if one.get("PrivateIpAddress")]
    newest = max(found, key=lambda one: one["LaunchTime"], default=None)
    return Partner(newest["InstanceId"], newest["PrivateIpAddress"]) if newest else None


def prepare(service: str) -> None:
    """Import boto3 and make a client now, and not at the first call. It may fail: the first call then says why."""
    with suppress(Exception):
        _client(service)


def forget() -> None:
    """Make new clients at the next call: one that was made while the metadata service was silent has no key for good."""
    import boto3

    _client.cache_clear()
    boto3.DEFAULT_SESSION = None


@dataclass(frozen=True)
class Instance:
    """An instance: the stack that made it, empty where none did, and its state in EC2's words."""

    stack: str
    state: str

    @property
    def is_over(self) -> bool:
        """Whether it is being ended or is stopped: it keeps an Elastic IP through that, and no one trades there (EC2 User Guide,
        "Amazon EC2 instance state changes")."""
        return self.state in ("shutting-down", "terminated", "stopping", "stopped")


def instance_of(target: str) -> Instance:
    """The instance with this id, or with this interface; one of no stack where there is none.

    Raises:
        Failed: EC2 does not say.
    """
    name = "instance-id" if target.startswith("i-") else "network-interface.network-interface-id"
    parts = _call("ec2", "describe_instances", Filters=[{"Name": name, "Values": [target]}])["Reservations"]
    for found in (one for part in parts for one in part["Instances"]):
        tags = {tag["Key"]: str(tag["Value"]) for tag in found.get("Tags", ())}
        return Instance(tags.get("aws:cloudformation:stack-name", ""), str(found["State"]["Name"]))
    return Instance("", "")


_OF_STACK: set[tuple[str, str]] = set()
"""What was found to be of a stack stays so: only CloudFormation can set its tags."""


def is_of_stack(target: str, stack: str) -> bool:
    """Whether an instance, or an interface's, is one that a stack made.

    Raises:
        Failed: EC2 does not say.
    """
    if (target, stack) not in _OF_STACK and instance_of(target).stack == stack:
        _OF_STACK.add((target, stack))
    return (target, stack) in _OF_STACK


def routes(tables: Sequence[str]) -> dict[tuple[str, str], str]:
    """Where each route of these tables that leads to an interface or nowhere leads, by table and destination. A table that is
    not there has none.

    Raises:
        Failed: EC2 does not say.
    """
    if not tables:
        return {}
    # By a filter: asked for by its id, one table that is gone would hide all the others.
    wanted = [{"Name": "route-table-id", "Values": list(tables)}]
    found = _call("ec2", "describe_route_tables", Filters=wanted)["RouteTables"]
    each = [(table["RouteTableId"], route) for table in found for route in table["Routes"]]
    return {
        (table, route["DestinationCidrBlock"]): NOWHERE if route.get("State") == "blackhole" else target
        for table, route in each
        if "DestinationCidrBlock" in route
        and (target := str(route.get("NetworkInterfaceId") or route.get("InstanceId") or ""))
    }


def lead(table: str, network: str, target: str) -> None:
    """Let a route that is there lead to an interface, or to an instance's.

    Raises:
        Failed: EC2 did not.
    """
    to = {"InstanceId": target} if target.startswith("i-") else {"NetworkInterfaceId": target}
    _call("ec2", "replace_route", RouteTableId=table, DestinationCidrBlock=network, **to)


def download(bucket: str, key: str) -> bytes:
    """The content of an object of S3.

    Raises:
        Failed: it cannot be read.
    """
    content: bytes = _call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read()
    return content


def _call(service: str, verb: str, **arguments: Any) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer: dict[str, Any] = getattr(_client(service), verb)(**arguments)
    except (BotoCoreError, ClientError) as error:
        raise Failed(f"AWS: {verb.replace('_', ' ')} failed", str(error)) from None
    return answer


@cache
def _client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    attempts = int(os.environ.get("AWS_MAX_ATTEMPTS", ATTEMPTS))
    connect, read = 5, 10
    if service == "ec2":
        # While an answer about the address is awaited no one trades.
        attempts, connect, read = 2, 2, 4
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(connect_timeout=connect, read_timeout=read, retries=retries)
    return boto3.client(service, region_name=settings.load().region, config=config)  # type: ignore[call-overload]
