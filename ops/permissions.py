"""What each verb asks of AWS, as IAM's actions, and the smallest policies for its users. docs/permissions.md is made of it.

A test sees every call of the command and holds the table to it; each action is one of AWS's list.
`python -m ops.permissions` writes the page.
Actions and their resources: https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from model.adoption import CLIENT_TAG

PAGE = Path(__file__).parents[1] / "docs/permissions.md"
Actions = frozenset[str]


def _actions(text: str) -> Actions:
    return frozenset(text.split())


# The address tells which gateway of two serves.
_STACK = _actions("sts:GetCallerIdentity cloudformation:DescribeStacks ec2:DescribeAddresses")
_GATEWAY = _STACK | _actions("ec2:DescribeInstances ec2:DescribeInstanceStatus")
_COMMAND = _actions("ssm:SendCommand ssm:GetCommandInvocation")
_TOLD = _actions("logs:GetLogEvents")  # where no command reaches the gateway
_PSK = _actions("secretsmanager:DescribeSecret secretsmanager:GetSecretValue")
_KEPT = _actions("ec2:DescribeAddresses secretsmanager:ListSecrets logs:DescribeLogGroups")
_IMAGE = _GATEWAY | _actions("ec2:DescribeImages ssm:GetParameter")
_PLAN = (
    _IMAGE
    | _KEPT
    | _PSK
    | _TOLD
    | _actions("cloudformation:DescribeChangeSet cloudformation:DeleteChangeSet cloudformation:GetTemplate")
    | _actions("cloudformation:ListStackResources ec2:DescribeAvailabilityZones ec2:DescribeInstanceTypeOfferings")
    | _actions("ec2:DescribeNetworkAcls ec2:DescribeRouteTables ec2:DescribeSubnets ec2:DescribeVpcs")
    | _actions("ec2:DescribeVpcBlockPublicAccessOptions ec2:DescribeVpcBlockPublicAccessExclusions")
    | _actions("servicequotas:GetServiceQuota sns:ListSubscriptionsByTopic")
    # What the file names there (ops/deploying/named.py).
    | _actions("iam:GetPolicy iam:GetRole kms:DescribeKey s3:GetBucketLocation sns:GetTopicAttributes")
)
_DEPLOY = _PLAN | _COMMAND | _actions("cloudformation:DescribeStackEvents ec2:GetConsoleOutput")
_WRITE_PSK = _STACK | _PSK | _COMMAND | _actions("secretsmanager:PutSecretValue")
_ONCE_A_STACK = _actions(
    "cloudformation:UpdateTerminationProtection ec2:ReleaseAddress secretsmanager:DeleteSecret logs:DeleteLogGroup"
)

OF_VERB: Mapping[str, Actions] = {
    "init": frozenset(),
    "new": frozenset(),
    "new venue": frozenset(),
    "check": frozenset(),
    "fmt": frozenset(),
    "holidays": frozenset(),
    "explain": frozenset(),
    "rehearse": frozenset(),
    "choose": frozenset(),
    "cost": frozenset(),
    "render": _STACK,
    "form": _STACK,
    "plan": _PLAN,
    "deploy": _DEPLOY | _actions("cloudformation:UpdateTerminationProtection cloudformation:ExecuteChangeSet"),
    "destroy": _STACK | _KEPT | _ONCE_A_STACK | _actions("cloudformation:DescribeStackEvents ec2:DescribeInstances"),
    "image pin": _IMAGE,
    "image update": _IMAGE,
    "secret set": _WRITE_PSK | _GATEWAY,
    "secret rotate": _WRITE_PSK | _GATEWAY,
    "secret verify": _STACK | _PSK | _COMMAND | _GATEWAY,
    "shell": _GATEWAY | _actions("ssm:StartSession"),
    "failback": _GATEWAY | _COMMAND,
    "status": _GATEWAY | _COMMAND | _TOLD,
    "switch": _GATEWAY | _COMMAND,
    "hold": _GATEWAY | _COMMAND,
    "doctor": _GATEWAY
    | _COMMAND
    | _TOLD
    | _PSK
    | _actions("cloudformation:DescribeStackEvents ec2:DescribeAddresses ec2:GetConsoleOutput"),
    "evidence": _GATEWAY
    | _COMMAND
    | _TOLD
    | _PSK
    | _actions("cloudformation:DescribeStackEvents ec2:DescribeAddresses ec2:GetConsoleOutput logs:FilterLogEvents"),
    "logs": _GATEWAY | _COMMAND | _actions("logs:FilterLogEvents"),
}
"""The actions of each verb. `plan` and `deploy` start the CDK too, which takes on the roles of `cdk bootstrap`."""

_READER = ("render", "form", "image pin", "status", "logs")
_PIPELINE = ("plan", "deploy")
_CHANGES = (
    _COMMAND
    | _TOLD
    | _ONCE_A_STACK
    | _actions(
        "secretsmanager:DescribeSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue "
        "cloudformation:DeleteChangeSet cloudformation:ExecuteChangeSet logs:FilterLogEvents ssm:StartSession "
        "ssm:GetParameter"
    )
)
"""What is limited to fixtunnel's own resources. The rest reads, and most of it knows no resources."""


def policy(verbs: Iterable[str], *, cdk_roles: bool, runs_commands: bool = True) -> dict[str, Any]:
    """The policy for who uses these verbs. Without commands `status` and `doctor` go by what the gateway last reported to AWS."""
    wanted: set[str] = set().union(*(OF_VERB[verb] for verb in verbs)) - (set() if runs_commands else _COMMAND)
    held = [statement for statement in _held() if wanted & set(statement["Action"])]
    for statement in held:
        statement["Action"] = sorted(wanted & set(statement["Action"]))
    statements = [{"Sid": "Look", "Effect": "Allow", "Action": sorted(wanted - _CHANGES), "Resource": "*"}, *held]
    if cdk_roles:
        roles = [f"arn:aws:iam::*:role/cdk-*-{one}-role-*" for one in ("deploy", "file-publishing", "lookup")]
        statements.append({"Sid": "Cdk", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": roles})
    return {"Version": "2012-10-17", "Statement": statements}


def _held() -> list[dict[str, Any]]:
    ours = {"StringLike": {f"aws:ResourceTag/{CLIENT_TAG}": "*"}}
    gateway = {"StringLike": {"ssm:resourceTag/aws:cloudformation:stack-name": "fixtunnel-*"}}
    secrets = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
    return [
        _statement("Gateway", ["ssm:SendCommand"], ["arn:aws:ec2:*:*:instance/*"], gateway),
        _statement("Command", ["ssm:SendCommand"], ["arn:aws:ssm:*::document/AWS-RunShellScript"]),
        _statement("Shell", ["ssm:StartSession"], ["arn:aws:ec2:*:*:instance/*"], gateway),
        _statement("ShellDocument", ["ssm:StartSession"], ["arn:aws:ssm:*:*:document/SSM-SessionManagerRunShell"]),
        _statement("Answer", ["ssm:GetCommandInvocation"], ["*"]),
        _statement(
            "Parameters",
            ["ssm:GetParameter"],
            ["arn:aws:ssm:*::parameter/aws/service/debian/*", "arn:aws:ssm:*:*:parameter/cdk-bootstrap/*"],
        ),
        _statement("Psk", [*secrets, "secretsmanager:DeleteSecret"], ["*"], ours),
        _statement("Address", ["ec2:ReleaseAddress"], ["*"], ours),
        _statement(
            "Stack",
            [f"cloudformation:{one}" for one in ("UpdateTerminationProtection", "DeleteChangeSet", "ExecuteChangeSet")],
            ["arn:aws:cloudformation:*:*:stack/fixtunnel-*"],
        ),
        _statement(
            "Log",
            ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:DeleteLogGroup"],
            ["arn:aws:logs:*:*:log-group:/fixtunnel/*"],
        ),
    ]


def _statement(
    sid: str, actions: list[str], resources: list[str], condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    found: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return {**found, "Condition": condition} if condition else found


def page() -> str:
    """docs/permissions.md."""
    rows = [f"| `{verb}` | {', '.join(f'`{one}`' for one in sorted(OF_VERB[verb])) or 'nothing'} |" for verb in OF_VERB]
    return _TEXT.format(
        rows="\n".join(rows),
        reader=_written(policy(_READER, cdk_roles=False, runs_commands=False)),
        operator=_written(policy(OF_VERB, cdk_roles=True)),
        pipeline=_written(policy(_PIPELINE, cdk_roles=True, runs_commands=False)),
    )


def _written(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2)


_TEXT = """# Permissions

What each verb of `./fixtunnel` asks of AWS, and the smallest policy for three kinds of user. `python -m ops.permissions` writes
this page. A test watches every call of the command: one that is not in the table fails it.

These policies were tried in no AWS account yet.

Outside the partition `aws` write yours in each ARN: `aws-us-gov` in GovCloud, `aws-cn` in China, `aws-eusc` in the European
Sovereign Cloud. Where a secret is one of your own (`secret: {{arn: …}}`), name its ARN in the statement `Psk` in place of the
tag, and add `kms:Decrypt` for its key. With `log_group` name that group's ARN in the statement `Log`, for each kind of user.
Do not keep `logs:DeleteLogGroup` for it: `destroy` leaves that group.

With `keys.secrets` add `kms:Decrypt` and `kms:GenerateDataKey` for that key, for who sets a PSK; with `sessions.key`
`kms:GenerateDataKey` for that one, for who opens a shell. AWS's services and its session plugin make these calls: our tests
do not see them.

## A reader

`render`, `form`, `status`, `logs`, and which image runs. No command runs on a gateway: `status` shows how the gateway was
when it last reported to AWS, which it does each minute, and how old that is.

```json
{reader}
```

## An operator

Every verb. `ssm:SendCommand` runs a command as root on a gateway, and only on a gateway: the tag is CloudFormation's own.

`shell` starts a session, and the policy permits no more than that. AWS's own samples permit three things more:
`ssm:TerminateSession`, `ssm:ResumeSession` and `ssmmessages:OpenDataChannel`, each on `arn:aws:ssm:*:*:session/${{aws:userid}}-*`
([Sample IAM policies](https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-quickstart.html)).
AWS's session plugin makes these calls: our tests do not see them. If your operators open shells, add all three.

```json
{operator}
```

## A pipeline

`plan` and `deploy`. The changes themselves are CloudFormation's, with the role of `cdk bootstrap`. Without `ssm:SendCommand`
`deploy` ends when the stack is complete, and does not see the tunnel come up. `secretsmanager:GetSecretValue` is how `plan`
sees that a PSK is there; leave it out, and `plan` says that it could not look.

```json
{pipeline}
```

## By verb

| verb | asks |
|---|---|
{rows}
"""

if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
