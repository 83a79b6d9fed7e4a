"""`fixtunnel deploy`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from model.deployment import Deployment
from ops import completing
from ops.aws import Account, Event, open_account
from ops.aws.ec2 import console_tail
from ops.aws.stack import NEVER_WAS, protect
from ops.console import agree, aside, show, show_json, typed_name, waiting
from ops.deploying.cdk import cdk, parameters
from ops.deploying.planning import Plan, plan_of
from ops.deploying.progress import arrived, failures, follow, going_on
from ops.deploying.saved import Execution, Saved, again, is_file, read
from ops.failure import FINE, FOUND, Failure
from ops.gateway.status import ClientStatus
from ops.loading import load_client
from ops.options import LOCAL, AsJson, Now, Settings, Yes
from ops.output import Deployed
from ops.verbs.plan import show_plan
from ops.verbs.status import show_screen
from userdata.contract import stack_name

EXAMPLE = "fixtunnel deploy acme"


def deploy(
    context: typer.Context,
    client: Annotated[
        str,
        typer.Argument(
            metavar="CLIENT|PLAN",
            help="The client, or the file of a plan that was saved (plan --out): with a dot or a slash in its name.",
            autocompletion=completing.clients,
        ),
    ],
    *,
    now: Now = False,
    yes: Yes = False,
    new_address: Annotated[
        bool, typer.Option("--new-address", help="Even if the public address changes: the venue knows.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Deploy a client by the CDK: first the plan, then progress, at the end the status.

    What AWS would refuse is not begun. A tunnel is not taken down in session hours without --now. The public address is not
    changed without --new-address, or the client's name typed. Exit status 0: a tunnel to each venue is up, or waits for its
    PSK; 1: refused or failed, or deployed and not so within two minutes. A saved plan is deployed as it was reviewed, without
    a question; nothing is, once the stack has changed in another way.
    """
    saved = read(Path(client)) if is_file(client) else None
    client = saved.plan.client if saved else client
    deployment = load_client(context.obj, client)
    account = open_account(context.obj, deployment)
    with aside(as_json=as_json):
        with waiting("asking CloudFormation"):
            plan = again(account, deployment, saved) if saved else plan_of(context.obj, account, deployment)
        show_plan(plan, deployment)
        _guarded(plan, now=now, new_address=new_address)
        if plan.seconds_down and not (yes or saved):
            agree("Take the tunnels down?")
        found = _deployed(context.obj, account, deployment, saved) if plan.kind != "nothing" else None
    if as_json:
        status = found.as_dict() if found else None
        show_json(asdict(Deployed(plan=plan.as_dict(), deployed=plan.kind != "nothing", status=status)))
    raise typer.Exit(FOUND if found and found.lacking else FINE)


def _deployed(settings: Settings, account: Account, deployment: Deployment, saved: Saved | None) -> ClientStatus | None:
    """Deploy it. Returns how the client is then; None where no machine was booted."""
    _execute(account, saved) if saved else _deploy(settings, account, deployment)
    if settings.stand_in == LOCAL:
        show("No machine was booted: the boot signal was simulated. fixtunnel rehearse boots it.")
        return None
    found = arrived(account, deployment)
    show_screen([found])
    return found


def _guarded(plan: Plan, *, now: bool, new_address: bool) -> None:
    if plan.is_refused:
        raise Failure("not deployed: AWS would refuse it half-way", advice="do what stands above, and try again")
    if plan.needs_now and not now:
        raise Failure("not deployed: a venue is in session", advice="wait for the end of the session, or give --now")
    if plan.new_address and not new_address:
        if not sys.stdin.isatty():
            advice = "tell the venue first (fixtunnel form), then give --new-address"
            raise Failure("not deployed: it changes the public address", advice=advice)
        typed_name(plan.client)


def _deploy(settings: Settings, account: Account, deployment: Deployment) -> None:
    client, begun = deployment.client.name, datetime.now(UTC)
    _make_way(account, client)
    options = ["--method", "direct", "--require-approval", "never", *parameters(client, account.kept(deployment))]
    with going_on(client), cdk("deploy", client, settings=settings, access=account.access, options=options) as run:
        happened = follow(run, account.access, stack_name(client), since=begun)
        try:
            run.check()
        except Failure as failure:
            raise _explained(failure, account, happened) from None
    show(f"deployed {client}")


def _execute(account: Account, saved: Saved) -> None:
    client, begun = saved.plan.client, datetime.now(UTC)
    with going_on(client):
        run = Execution(account.access, saved)
        happened = follow(run, account.access, stack_name(client), since=begun)
        try:
            run.check()
        except Failure as failure:
            raise _explained(failure, account, happened) from None
    show(f"deployed {client}, as the plan of {saved.made} says")


def _make_way(account: Account, client: str) -> None:
    """The CDK deletes a rolled-back stack before recreating it, so unprotect it first."""
    stack = account.find_stack(client)
    if stack and stack.protected and stack.status in NEVER_WAS:
        protect(account.access, stack.name, protected=False)


def _explained(failure: Failure, account: Account, happened: list[Event]) -> Failure:
    """CloudFormation's own reason, and what the gateway's boot said, instead of the CDK's long story."""
    reasons = failures(happened)
    if not reasons:
        return failure
    gateways = [event.physical_id for event in happened if event.kind == "AWS::EC2::Instance" and event.physical_id]
    boot = console_tail(account.access, gateways[-1]) if gateways else ""
    return Failure(
        "the deploy failed, and CloudFormation takes it back: an old gateway keeps the address, or takes it again",
        evidence=f"{reasons}\n{boot}",
        advice="mend what is named above, and deploy again; the address and the secrets are kept",
    )
