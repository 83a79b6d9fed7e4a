"""What the gateway follows without being replaced."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_ssm as ssm
from constructs import Construct


class Operations(Construct):
    """A parameter of Systems Manager, which costs nothing. See docs/decisions/0006-operations-in-a-parameter.md."""

    def __init__(self, scope: Construct, id: str, *, name: str, text: str) -> None:
        super().__init__(scope, id)
        ssm.CfnParameter(
            self, "Parameter", name=name, type="String", value=text, description="What the gateway follows in place"
        )
        self.arn = f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}:{Aws.ACCOUNT_ID}:parameter{name}"
