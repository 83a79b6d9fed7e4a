"""What must hold between a client and the AWS account that it names: partitions, regions, topics, keys, tags."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from model.client import ExistingNetwork
from model.faults import Fault, Path
from model.partitions import partition_of
from model.rules import Case, Rule


def _places(case: Case) -> Iterator[Fault]:
    """A secret is read in the gateway's region, and its key is of the secret's region (Secrets Manager User Guide, "Secret
    encryption and decryption": a key of the same region)."""
    client = case.deployment.client
    if (
        isinstance(client.network, ExistingNetwork)
        and client.region
        and client.network.availability_zone[:-1] != client.region
    ):
        yield case.source.fault(("network", "availability_zone"), f"is not in {client.region}; check zone and region")
    for path, connection in case.tunnels:
        secret = connection.tunnel.secret
        if secret is None:
            continue
        if client.region and _is_elsewhere(secret.arn, client.region):
            message = _of_partition(secret.arn, client.region) or (
                f"is a secret of another region; the gateway reads from {client.region}: replicate it there"
            )
            yield case.source.fault((*path, "secret", "arn"), message)
        of_secret = secret.arn.split(":")[3]
        if secret.kms_key_arn and _is_elsewhere(secret.kms_key_arn, of_secret):
            message = f"is no key of {of_secret}, where the secret is; write the key that encrypts it there"
            yield case.source.fault((*path, "secret", "kms_key_arn"), message)


def _is_elsewhere(arn: str, region: str) -> bool:
    return arn.split(":")[3] != region or bool(_of_partition(arn, region))


def _of_partition(arn: str, region: str) -> str:
    """The fault of an ARN in another partition than the region; empty where there is none."""
    named, right = arn.split(":")[1], partition_of(region)
    return "" if named == right else f"is of the partition {named}, and {region} is of {right}; write arn:{right}:…"


_ACTIONS = 5
"""Of an alarm (CloudWatch API Reference, PutMetricAlarm); one of the host's is its recovery by EC2."""


_OF_A_CLIENT = re.compile(r"/fixtunnel/([^/]+)")
"""The log group that the stack of a client makes; `userdata.contract` has the name."""


def _account(case: Case) -> Iterator[Fault]:
    """What is in one region serves that region alone, and a key of a topic that is not made serves nothing."""
    client = case.deployment.client
    keys = client.keys.model_dump(exclude_none=True)
    arns: dict[Path, str] = {("alarm_topics", n): arn for n, arn in enumerate(client.alarm_topics)}
    arns |= {("keys", name): arn for name, arn in keys.items()}
    of_sessions = {"key": client.sessions.key, "bucket_key": client.sessions.bucket_key}
    arns |= {("sessions", name): arn for name, arn in of_sessions.items() if arn}
    for path, arn in arns.items():
        if client.region and _is_elsewhere(arn, client.region):
            elsewhere = f"is of another region; write one of {client.region}"
            yield case.source.fault(path, _of_partition(arn, client.region) or elsewhere)
    most = _ACTIONS - 1 - bool(client.alarm_email)
    if len({*client.alarm_topics}) < len(client.alarm_topics):
        yield case.source.fault(("alarm_topics",), "names a topic twice; an alarm takes each once")
    elif len(client.alarm_topics) > most:
        message = f"are {len(client.alarm_topics)}, and with alarm_email an alarm has room for {most}; join two behind one topic"
        yield case.source.fault(("alarm_topics",), message)
    if client.keys.alarms and not client.alarm_email:
        message = "encrypts the topic of the alarm mails, and there is no alarm_email; remove it, or write alarm_email"
        yield case.source.fault(("keys", "alarms"), message)
    if client.keys.log and client.log_group:
        message = (
            f"encrypts the log group that the stack makes, and log_group names {client.log_group}; remove one of them"
        )
        yield case.source.fault(("keys", "log"), message)


def _log_groups(case: Case) -> Iterator[Fault]:
    """`destroy --delete-log` of a client deletes the log group that its stack made, with whatever others wrote into it."""
    client = case.deployment.client
    for path, group in {("log_group",): client.log_group, ("sessions", "log_group"): client.sessions.log_group}.items():
        other = _OF_A_CLIENT.fullmatch(group or "")
        if other and other[1] != client.name:
            message = f"is not yours: the stack of the client {other[1]} makes this one, and may delete it; write another name"
            yield case.source.fault(path, message)


def _boundary(case: Case) -> Iterator[Fault]:
    """It is a policy of the role's own account, or one of AWS's (IAM User Guide, "Permissions boundaries for IAM entities")."""
    client = case.deployment.client
    arn = client.role.permissions_boundary
    if arn is None:
        return
    path, account = ("role", "permissions_boundary"), arn.split(":")[4]
    if client.region and (message := _of_partition(arn, client.region)):
        yield case.source.fault(path, message)
    if client.account and account not in (client.account, "aws"):
        yield case.source.fault(path, f"is of the account {account}; a boundary is of the role's own, {client.account}")


def _sessions(case: Case) -> Iterator[Fault]:
    sessions = case.deployment.client.sessions
    for key in ("bucket_account", "bucket_key"):
        if getattr(sessions, key) and not sessions.bucket:
            yield case.source.fault(("sessions", key), "has no use without a bucket; remove it, or write bucket")
    if sessions.bucket_account and sessions.bucket_account == case.deployment.client.account:
        message = "is the gateway's own account; remove it: it is for a bucket of another account"
        yield case.source.fault(("sessions", "bucket_account"), message)


def _tags(case: Case) -> Iterator[Fault]:
    """The role is tagged too, and to IAM `Owner` and `owner` are one key (IAM User Guide, "Rules for tagging in IAM and STS")."""
    tags = case.deployment.client.tags
    number = Counter(key.lower() for key in tags)
    for key in tags:
        wrong = (
            "begins with a prefix that is not free; choose another key"
            if key.lower().startswith(("aws:", "fixtunnel:"))
            else "is how the stack names each of its parts; choose another key"
            if key == "Name"
            else "is there in capitals and in small letters, which is one key to IAM; leave one of them"
            if number[key.lower()] > 1
            else ""
        )
        if wrong:
            yield case.source.fault(("tags", key), of_key=True, message=wrong)


ACCOUNT_RULES = (
    Rule(_places, ("network", "region", "tunnel.secret")),
    Rule(
        _account,
        ("region", "alarm_email", "alarm_topics", "keys", "log_group", "sessions"),
    ),
    Rule(_log_groups, ("name", "log_group", "sessions.log_group")),
    Rule(_boundary, ("region", "account", "role.permissions_boundary")),
    Rule(_sessions, ("account", "sessions")),
    Rule(_tags, ("tags",)),
)
