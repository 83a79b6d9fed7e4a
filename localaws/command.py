"""`make deploy-local CLIENT=…` and `make destroy-local CLIENT=…`: a client on the embedded AWS, without an account.

The embedded AWS outlives the command, so that a changed file can be deployed again and its replacement be seen. No machine
is booted: a stand-in signals for the gateway. `make rehearse` boots it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table
from rich.text import Text

from localaws.account import StackResource
from localaws.aws import ACCOUNT, REGION, EmbeddedAws
from localaws.existing import parts_of
from localaws.outcomes import Outcome, last_operation, outcomes
from localaws.selection import Client, Fields, fields, selected
from model.configuration import home
from model.deployment import Deployment
from ops.aws.adoption import KeptTwice
from ops.aws.adoption import parameters as kept_parameters
from ops.console import note, show
from ops.deploying.cdk import OnLine, silent
from ops.ending import ended
from ops.failure import Failure
from ops.interrupts import Interrupted
from userdata.contract import stack_name

COLOURS = {
    "created": "green",
    "updated in place": "cyan",
    "replaced": "yellow",
    "deleted": "red",
    "retained": "magenta",
}

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help=__doc__, rich_markup_mode=None, pretty_exceptions_enable=False
)

Verbose = Annotated[bool, typer.Option("--verbose", help="Show all that the CDK says.")]


@app.command()
def deploy(client: Client, context: Fields = None, verbose: Verbose = False) -> None:
    """Deploy a client, or deploy it again, and show what now exists."""
    given = fields(context)
    deployment = _load(client, given)
    aws = _aws(deployment)
    with _step("embedded AWS"):
        if not aws.find():
            aws.start(outlive=True)
    try:
        before = _deploy(aws, deployment, given, verbose)
    except Interrupted:
        note(f"the embedded AWS goes on; make destroy-local CLIENT={client} ends it")
        raise
    _print_outcomes(client, outcomes(before, aws.resources(client), last_operation(aws.events(stack_name(client)))))
    _print_outputs(aws.outputs(client))
    show(f"\nNo VM was started; the boot signal was simulated. The API: {aws.where.endpoint}, {aws.where.region}.")
    show(f"Ask it: ./fixtunnel --local plan {client}")
    show(f"Change the client's file and deploy again, or end it: make destroy-local CLIENT={client}")


def _deploy(
    aws: EmbeddedAws, deployment: Deployment, given: Mapping[str, str], verbose: bool
) -> tuple[StackResource, ...]:
    """Returns what was there before."""
    client = deployment.client.name
    with _step("existing resources named in the client file"):
        aws.bring(parts_of(deployment))
    with _step("cdk bootstrap", verbose) as on_line:
        aws.bootstrap(on_line=on_line)
    before = aws.resources(client)
    adopted = _kept(aws, deployment)
    for name, value in adopted.items():
        show(f"kept from before: {name} {value}")
    with _step("cdk deploy", verbose) as on_line:
        aws.deploy(client, context=given, parameters=adopted, on_line=on_line)
    return before


def _kept(aws: EmbeddedAws, deployment: Deployment) -> dict[str, str]:
    clients = aws.clients
    try:
        return kept_parameters(
            deployment,
            cloudformation=clients.cloudformation,
            ec2=clients.ec2,
            secrets=clients.secrets,
            logs=clients.client("logs"),
        )
    except KeptTwice as twice:
        raise Failure(str(twice)) from None


@app.command()
def destroy(client: Client, context: Fields = None, verbose: Verbose = False) -> None:
    """Destroy a client's stack, and end the embedded AWS if no other client is left on it."""
    given = fields(context)
    aws = _aws(_load(client, given))
    if not aws.find():
        show(f"Nothing runs in {aws.run_dir}: nothing to destroy.")
        return
    before = aws.resources(client)
    if stack_id := aws.stack_id(client):
        with _step("cdk destroy", verbose) as on_line:
            aws.destroy(client, context=given, on_line=on_line)
        _print_outcomes(client, outcomes(before, (), last_operation(aws.events(stack_id))))
    if others := aws.deployed():
        show(f"The embedded AWS goes on for {', '.join(others)}; the next deploy adopts what was retained.")
        return
    with _step("end of the embedded AWS, and of what was retained in it"):
        aws.stop()


def _load(client: str, given: Mapping[str, str]) -> Deployment:
    loaded = selected(client, given)
    for warning in loaded.warnings:
        show(str(warning))
    return loaded.deployments[0]


def _aws(deployment: Deployment) -> EmbeddedAws:
    """The embedded AWS of the client's account and region."""
    account, region = deployment.client.account or ACCOUNT, deployment.client.region or REGION
    return EmbeddedAws(runs() / f"{account}-{region}", signals="stand-in", account=account, region=region)


def runs() -> Path:
    """Where each embedded AWS has its folder: one for each account and region."""
    return home() / "out" / "local"


@contextmanager
def _step(name: str, verbose: bool = False) -> Iterator[OnLine]:
    """One step with its time. The CDK's lines are shown where asked for; a failure carries the last of them anyhow."""
    begun = time.monotonic()
    yield (lambda line: show(f"  {line}", style="dim")) if verbose else silent
    show(f"{name:<32} {time.monotonic() - begun:6.1f} s")


def _print_outcomes(client: str, found: Iterable[Outcome]) -> None:
    table = Table(title=f"{stack_name(client)} on the embedded AWS", title_justify="left")
    for heading in ("Resource", "Logical id", "Physical id", "What happened"):
        table.add_column(heading, overflow="fold")
    for one in found:
        if one.kind == "AWS::CDK::Metadata":
            continue
        kind = one.kind.removeprefix("AWS::").replace("::", " ")
        ids = _short(one.physical_id) if one.was is None else f"{_short(one.physical_id)} (was {_short(one.was)})"
        table.add_row(kind, one.logical_id, ids, Text(one.what, style=COLOURS.get(one.what, "dim")))
    show(table)


def _short(physical_id: str) -> str:
    """An ARN without the parts that are the same in all of them."""
    return physical_id.split(":", 5)[-1] if physical_id.startswith("arn:") else physical_id


def _print_outputs(outputs: Mapping[str, str]) -> None:
    for name, value in outputs.items():
        show(f"{name} = {value}")


def main() -> int:
    """Run a command, and say how it ended. Returns its exit status."""
    return ended(_told)


def _told() -> None:
    try:
        app()
    except (BotoCoreError, ClientError) as error:
        raise Failure("the embedded AWS did not answer as it should", evidence=str(error)) from None
