"""While the gateway runs: the parameters that it follows without being replaced, and the log of its changes of state."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from constructs.adoption import KeptId
from model.account import LOG_DAYS
from model.adoption import LOG_PARAMETER
from userdata.contract import LogPlace


class Parameter(Construct):
    """A parameter of Systems Manager, which costs nothing. See docs/decisions/0006-operations-in-a-parameter.md."""

    def __init__(self, scope: Construct, id: str, *, name: str, text: str, description: str) -> None:
        super().__init__(scope, id)
        self.resource = ssm.CfnParameter(
            self, "Parameter", name=name, type="String", value=text, description=description
        )
        self.arn = f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}:{Aws.ACCOUNT_ID}:parameter{name}"


class LogGroup(Construct):
    """One for the client, with the gateway's streams: it may write into those and make none. It outlives the stack.

    The record of why a tunnel was down is wanted longest where a client has gone. A later stack adopts it by its name.
    """

    def __init__(self, scope: Construct, id: str, *, place: LogPlace, key: str | None) -> None:
        super().__init__(scope, id)
        kept = KeptId(self, LOG_PARAMETER, description="Log group that an earlier stack left")
        group = logs.CfnLogGroup(self, "Group", log_group_name=place.group, retention_in_days=LOG_DAYS, kms_key_id=key)
        kept.make(group)
        self.stream_arns = []
        for construct, stream in (("Stream", place.said), ("State", place.state)):
            made = logs.CfnLogStream(self, construct, log_group_name=group.ref, log_stream_name=stream)
            kept.make(made)
            # Ref gives the stream's name. So who writes into it is made after it, where it is made at all.
            self.stream_arns.append(stream_arn(place, kept.choose(new=made.ref, kept=stream)))


def stream_arn(place: LogPlace, stream: str) -> str:
    """The ARN of a stream in a client's log group."""
    return f"{group_arn(place.group)}:log-stream:{stream}"


def group_arn(name: str) -> str:
    """The ARN of a log group, as policies want it but for what follows its last colon."""
    return f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{name}"
