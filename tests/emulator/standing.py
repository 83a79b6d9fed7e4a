"""A client under test: its file in a folder of its own, its stack made by the CDK and deployed straight to CloudFormation.

The CDK's command line takes five seconds to do the same; `tests/rehearsal` has it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from localaws.aws import EmbeddedAws
from localaws.existing import parts_of
from model.deployment import Deployment
from model.load import load
from ops.aws import adoption
from stacks.gateway_stack import GatewayStack
from tests.paths import VENUES
from userdata.contract import stack_name

Template = dict[str, Any]
LIMIT = 90.0
"""Seconds for an operation that takes one on a quiet machine, and half a minute on one that six runs share."""


@dataclass(kw_only=True)
class Standing:
    """One client. `text` is its file; a test writes another to change it."""

    aws: EmbeddedAws
    folder: Path
    name: str
    text: str

    def load(self) -> Deployment:
        """The client as the app loads it."""
        (self.folder / f"{self.name}.yaml").write_text(f"name: {self.name}\n{self.text}")
        return load(clients=self.folder, venues=VENUES, selected=[self.name]).deployments[0]

    def synthesise(self) -> Template:
        """The template, as `cdk synth` makes it."""
        app = cdk.App(outdir=str(self.folder / "cdk.out"), builtin_cloud_formation_validation=False)
        stack = GatewayStack(app, deployment=self.load())
        return dict(app.synth().get_stack_artifact(stack.artifact_id).template)

    def deploy(self, *, signal: bool | None = True, spoil: Callable[[Template], None] = lambda _: None) -> str:
        """Create or update the stack and return its status at the end. `signal`: the gateway's, or that none comes."""
        template = self.synthesise()
        spoil(template)
        self.begin(template)
        return self.settle(signal=signal)

    def begin(self, template: Template) -> None:
        """Send the template, as the CLI does: parameters that a stack has already keep their value."""
        arguments: Any = {"StackName": stack_name(self.name), "TemplateBody": json.dumps(template)}
        if self.aws.status(stack_name(self.name)) is None:
            self.aws.clients.cloudformation.create_stack(**arguments, Parameters=self.parameters(template))
        else:
            self.aws.clients.cloudformation.update_stack(**arguments, Parameters=self.parameters(template))

    def parameters(self, template: Template) -> list[Any]:
        """What is adopted, and for the rest what was before."""
        clients = self.aws.clients
        adopted = adoption.parameters(
            self.load(),
            cloudformation=clients.cloudformation,
            ec2=clients.ec2,
            secrets=clients.secrets,
            logs=clients.client("logs"),
        )
        former = self.aws.parameters(self.name)
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in adopted.items()]
        rest = [name for name in template["Parameters"] if name in former and name not in adopted]
        return given + [{"ParameterKey": name, "UsePreviousValue": True} for name in rest]

    def settle(self, *, signal: bool | None = None) -> str:
        """Wait for the end of the operation; signal for each gateway that is waited for."""
        deadline = time.monotonic() + LIMIT
        while (status := self.aws.status(stack_name(self.name)) or "DELETE_COMPLETE").endswith("_IN_PROGRESS"):
            assert time.monotonic() < deadline, f"{self.name} is still {status} after {LIMIT} s"
            if signal is not None and self.aws.awaited(self.name):
                self.aws.signal(self.name, success=signal)
                signal = None
            time.sleep(0.02)
        return status

    def destroy(self) -> str:
        """Delete the stack and return its status."""
        name = stack_name(self.name)
        clients = self.aws.clients
        clients.cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
        clients.cloudformation.delete_stack(StackName=name)
        return self.settle()

    def bring_what_exists(self) -> None:
        """Put the parts into the account that the file says exist."""
        self.aws.bring(parts_of(self.load()))

    @property
    def address(self) -> Any:
        """The client's Elastic IP as EC2 describes it: the one output's, wherever it came from."""
        ip = self.aws.outputs(self.name)["PublicAddress"]
        (found,) = self.aws.clients.ec2.describe_addresses(PublicIps=[ip])["Addresses"]
        return found

    @property
    def kept_addresses(self) -> list[str]:
        """Every Elastic IP with the client's name on it."""
        tagged: Any = [{"Name": "tag:fixtunnel:client", "Values": [self.name]}]
        return [one["PublicIp"] for one in self.aws.clients.ec2.describe_addresses(Filters=tagged)["Addresses"]]

    def happened(self, logical_id: str) -> list[str]:
        """The statuses of a resource, the newest first."""
        events = self.aws.events(stack_name(self.name))
        return [one["ResourceStatus"] for one in events if one["LogicalResourceId"] == logical_id]
