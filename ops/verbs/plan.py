"""`fixtunnel plan`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from model.deployment import Deployment
from ops.aws import Account, AwsFailure, open_account
from ops.aws.stack import drop_change_set
from ops.console import note, show, show_json, waiting
from ops.deploying.downtime import next_quiet
from ops.deploying.planning import Plan, new_name, plan_of
from ops.deploying.saved import Saved, is_file, now
from ops.failure import FINE, FOUND, Failure
from ops.loading import load_client
from ops.options import AsJson, ClientName, Settings
from userdata.contract import stack_name

EXAMPLE = "fixtunnel plan acme"


def plan(
    context: typer.Context,
    client: ClientName,
    *,
    out: Annotated[
        Path | None, typer.Option(help="Save it: `fixtunnel deploy FILE` deploys what it says, or nothing.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a deploy would do: nothing, in place, or replace the gateway.

    From CloudFormation's own diff; nothing is changed. Each cause is named, with its old and new value and its place in a
    file. Also what AWS would refuse half-way, such as a quota or an image that is gone. Exit status 1: it would be refused.
    """
    deployment = load_client(context.obj, client)
    account = _account(context.obj, deployment)
    with waiting("asking CloudFormation"):
        name = new_name() if out else ""
        found = plan_of(context.obj, account, deployment, keep=name)
    if as_json:
        show_json(found.as_dict())
    else:
        show_plan(found, deployment)
    if out:
        _save(found, name, account, out)
    raise typer.Exit(FOUND if found.is_refused else FINE)


def _account(settings: Settings, deployment: Deployment) -> Account:
    """Without credentials it says how far the plan came, and what needs none."""
    try:
        return open_account(settings, deployment)
    except AwsFailure as failure:
        if failure.code != "NoCredentials":
            raise
        client = deployment.client.name
        so_far = (
            "the files are right; what a deploy would do to what is there, AWS alone can say\n"
            f"without AWS: fixtunnel rehearse {client} tries it on this machine, fixtunnel render {client} shows the files of "
            f"the gateway, fixtunnel cost {client} what it costs"
        )
        raise AwsFailure(failure.what, code=failure.code, evidence=so_far, advice=failure.advice) from None


def _save(found: Plan, change_set: str, account: Account, out: Path) -> None:
    if not found.changes:
        what = "there is no stack yet" if found.kind == "new" else "nothing would change"
        raise Failure(
            f"no plan was saved: {what}", advice=f"fixtunnel deploy {found.client}" if found.kind == "new" else ""
        )
    where = {"account": account.identity.account, "region": account.region}
    try:
        Saved(plan=found, change_set=change_set, made=now(), **where).write(out)
    except BaseException:
        drop_change_set(account.access, stack_name(found.client), change_set)
        raise
    name = str(out) if is_file(str(out)) else f"./{out}"
    note(f"saved as {out}; deploy it: fixtunnel deploy {name}")


def show_plan(found: Plan, deployment: Deployment) -> None:
    """A plan for a person."""
    style = "red" if found.new_address else "yellow" if found.takes_down else "green"
    for number, line in enumerate(found.words):
        show(f"{found.client}: a deploy {line}" if number == 0 else f"  {line}", style=style if number == 0 else None)
    for cause in found.causes:
        show(f"  {cause}")
    for change in found.changes:
        mark = " (replaced)" if change.replaces else ""
        show(f"    {change.action:<7} {change.kind} {change.logical_id}{mark}", style="dim")
    if found.needs_now:
        venues = ", ".join(found.trading)
        show(f"  {venues} is in session now: deploy wants --now, or wait until {_quiet(deployment)}", style="red")
    for obstacle in found.obstacles:
        show(str(obstacle), style="red" if obstacle.is_fatal else "yellow")


def _quiet(deployment: Deployment) -> str:
    moment = next_quiet(deployment, datetime.now(UTC))
    return moment.astimezone().strftime("%a %H:%M %Z") if moment else "the venues' sessions end"
