"""`fixtunnel destroy`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from model.deployment import Deployment
from ops.arguments import ClientName
from ops.aws import Account, Stack, open_account
from ops.aws.stack import protect
from ops.cdk import cdk
from ops.confirmation import check_name, typed_name
from ops.console import note, show
from ops.cost import kept_month
from ops.downtime import trading
from ops.failure import BadInput, Failure
from ops.loading import load_client
from ops.progress import failures, follow
from ops.settings import Settings

EXAMPLE = "fixtunnel destroy acme"
RECOVERY_DAYS = 7


def destroy(
    context: typer.Context,
    client: ClientName,
    *,
    confirm: Annotated[str | None, typer.Option(help="The client's name, in the place of typing it.")] = None,
    now: Annotated[bool, typer.Option("--now", help="Even if a venue is in session.")] = False,
    release_address: Annotated[
        bool, typer.Option("--release-address", help="Give the Elastic IP back for good.")
    ] = False,
    delete_secrets: Annotated[
        bool, typer.Option("--delete-secrets", help=f"Delete the PSKs; they can be restored for {RECOVERY_DAYS} days.")
    ] = False,
) -> None:
    """Remove a client's gateway; its address and its secrets are kept.

    The next deploy adopts what is kept. The client's name must be typed, since its tunnels go down for good.
    """
    deployment = load_client(context.obj, client)
    account = open_account(context.obj, deployment)
    stack = account.stack(client)
    in_session = [venue.name for venue in trading(deployment.venues, datetime.now(UTC))]
    if in_session and stack.instance_id and not now:
        raise Failure(f"not destroyed: {', '.join(in_session)} is in session", advice="wait, or give --now")
    _confirmed(client, stack, confirm)
    _destroy(context.obj, account, deployment, stack)
    _tell(account, deployment, stack, release_address=release_address, delete_secrets=delete_secrets)


def _confirmed(client: str, stack: Stack, given: str | None) -> None:
    if given is None:
        if not sys.stdin.isatty():
            raise BadInput("--confirm is missing", advice=f"give --confirm {client}")
        note(f"This removes {stack.name} with its gateway {stack.instance_id} at {stack.address}.", style="red")
        typed_name(client)
    else:
        check_name(client, given)


def _destroy(settings: Settings, account: Account, deployment: Deployment, stack: Stack) -> None:
    client, begun = deployment.client.name, datetime.now(UTC)
    protect(account.access, stack.name, protected=False)
    try:
        with cdk("destroy", client, settings=settings, access=account.access, options=["--force"]) as run:
            # By its id: a deleted stack has no name any more.
            happened = follow(run, account.access, stack.id, since=begun)
            run.check()
    except BaseException:
        if account.find_stack(client):
            protect(account.access, stack.name, protected=True)
        raise
    if why := failures(happened):
        raise Failure(f"{stack.name} is not wholly gone", evidence=why)
    show(f"destroyed {stack.name}")


def _tell(
    account: Account, deployment: Deployment, stack: Stack, *, release_address: bool, delete_secrets: bool
) -> None:
    own_address = deployment.client.gateway.elastic_ip is None and bool(stack.allocation_id)
    arns = {one.name: stack.secret(one.name) for one in deployment.connections if one.tunnel.secret is None}
    kept = []
    if own_address and release_address:
        account.access.call("ec2", "release_address", AllocationId=stack.allocation_id)
        show(f"released {stack.address}: nobody can give it back; the venue must forget it")
    elif own_address:
        kept.append(f"the address {stack.address} ({stack.allocation_id})")
    for tunnel, arn in arns.items():
        if delete_secrets:
            account.access.call("secretsmanager", "delete_secret", SecretId=arn, RecoveryWindowInDays=RECOVERY_DAYS)
            show(f"deleted the secret of {tunnel}; it can be restored for {RECOVERY_DAYS} days: {arn}")
        else:
            kept.append(f"the secret of {tunnel} ({arn})")
    for one in kept:
        show(f"kept {one}")
    if kept:
        cost = kept_month(
            addresses=int(own_address and not release_address), secrets=0 if delete_secrets else len(arns)
        )
        show(f"what is kept costs about ${cost:.2f} a month; the next deploy adopts it")
