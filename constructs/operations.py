"""While the gateway runs: the parameters that it follows without being replaced, and the log of its changes of state."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from userdata.contract import LOG_STREAM, STATE_STREAM


class Parameter(Construct):
    """A parameter of Systems Manager, which costs nothing. See docs/decisions/0006-operations-in-a-parameter.md."""

    def __init__(self, scope: Construct, id: str, *, name: str, text: str, description: str) -> None:
        super().__init__(scope, id)
        self.resource = ssm.CfnParameter(
            self, "Parameter", name=name, type="String", value=text, description=description
        )
        self.arn = f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}:{Aws.ACCOUNT_ID}:parameter{name}"


RETENTION_DAYS = 400
"""Over a year: incidents of the same day last year are asked for."""


class LogGroup(Construct):
    """One for the client, with the gateway's streams: it may write into those and make none. It goes with the stack."""

    def __init__(self, scope: Construct, id: str, *, name: str, key: str | None) -> None:
        super().__init__(scope, id)
        group = logs.CfnLogGroup(self, "Group", log_group_name=name, retention_in_days=RETENTION_DAYS, kms_key_id=key)
        streams = (("Stream", LOG_STREAM), ("State", STATE_STREAM))
        self.resources = [
            logs.CfnLogStream(self, construct, log_group_name=group.ref, log_stream_name=stream)
            for construct, stream in streams
        ]
        self.name = name
        place = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{name}"
        self.stream_arns = [f"{place}:log-stream:{stream}" for stream in (LOG_STREAM, STATE_STREAM)]
