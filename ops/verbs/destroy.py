"""`fixtunnel destroy`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from model.deployment import Deployment
from ops.aws import Account, Stack, open_account
from ops.aws.adoption import Address
from ops.aws.stack import protect
from ops.console import note, show, typed_name
from ops.deploying.cdk import cdk
from ops.deploying.downtime import trading
from ops.deploying.progress import failures, follow, going_on
from ops.failure import BadInput, Failure
from ops.files.cost import kept_month
from ops.loading import load_client
from ops.options import ClientName, Now, Settings, Yes
from userdata.contract import stack_name

EXAMPLE = "fixtunnel destroy acme"
RECOVERY_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """What becomes of what outlives the stack."""

    release_address: bool
    delete_secrets: bool
    delete_log: bool

    def __str__(self) -> str:
        address = "given back for good" if self.release_address else "kept"
        secrets, log = ("deleted" if gone else "kept" for gone in (self.delete_secrets, self.delete_log))
        return f"The address is {address}, the secrets are {secrets}, the log of the gateway is {log}."


def destroy(
    context: typer.Context,
    client: ClientName,
    *,
    yes: Yes = False,
    now: Now = False,
    release_address: Annotated[
        bool, typer.Option("--release-address", help="Give the Elastic IP back for good.")
    ] = False,
    delete_secrets: Annotated[
        bool, typer.Option("--delete-secrets", help=f"Delete the PSKs; they can be restored for {RECOVERY_DAYS} days.")
    ] = False,
    delete_log: Annotated[
        bool, typer.Option("--delete-log", help="Delete the log group, the record of every change of state.")
    ] = False,
) -> None:
    """Remove a client's gateway; its address, its secrets and its log are kept.

    The next deploy adopts what is kept. The client's name must be typed, or --yes given, since its tunnels go down for
    good. --release-address, --delete-secrets and --delete-log work later too, once the stack is gone.
    """
    deployment = load_client(context.obj, client)
    account = open_account(context.obj, deployment)
    stack = account.find_stack(client)
    if stack is None and not account.left(deployment):
        raise Failure(f"{client} is not deployed in {account.region}, and nothing of it is kept")
    parts = _Parts(release_address=release_address, delete_secrets=delete_secrets, delete_log=delete_log)
    _guarded(deployment, stack, now=now)
    if not yes:
        _confirmed(client, _removed(client, stack), parts)
    if stack:
        _destroy(context.obj, account, deployment, stack)
    _tell(account, deployment, parts)


def _guarded(deployment: Deployment, stack: Stack | None, *, now: bool) -> None:
    in_session = [venue.name for venue in trading(deployment.venues, datetime.now(UTC))]
    if in_session and stack and stack.instance_id and not now:
        raise Failure(f"not destroyed: {', '.join(in_session)} is in session", advice="wait, or give --now")


def _removed(client: str, stack: Stack | None) -> str:
    if stack is None:
        return f"{stack_name(client)} is gone already."
    if not stack.instance_id:
        return f"This removes {stack.name}, which has no gateway ({stack.status})."
    return f"This removes {stack.name} with its gateway {stack.instance_id} at {stack.address}."


def _confirmed(client: str, removed: str, parts: _Parts) -> None:
    if not sys.stdin.isatty():
        raise BadInput(
            "there is no terminal to type the client's name at", advice="nothing was changed; give --yes to agree"
        )
    note(f"{removed} {parts}", style="red")
    typed_name(client)


def _destroy(settings: Settings, account: Account, deployment: Deployment, stack: Stack) -> None:
    client, begun = deployment.client.name, datetime.now(UTC)
    protect(account.access, stack.name, protected=False)
    try:
        with (
            going_on(client),
            cdk("destroy", client, settings=settings, access=account.access, options=["--force"]) as run,
        ):
            # By its id: a deleted stack has no name any more.
            happened = follow(run, account.access, stack.id, since=begun)
            run.check()
    except BaseException:
        _protect_again(account, client)
        raise
    if why := failures(happened):
        raise Failure(f"{stack.name} is not wholly gone", evidence=why)
    show(f"destroyed {stack.name}")


def _protect_again(account: Account, client: str) -> None:
    """As it was, unless it is on its way out. What ended the destroy is told, whatever happens here."""
    try:
        found = account.find_stack(client)
        if found and not found.status.startswith("DELETE_"):
            protect(account.access, found.name, protected=True)
    except Failure as failure:
        note(f"the termination protection stays off: {failure.what}", style="yellow")


def _tell(account: Account, deployment: Deployment, parts: _Parts) -> None:
    """By their tags: a stack that failed may have made them too, and has no outputs."""
    left = account.left(deployment)
    for address in left.addresses:
        _release(account, address) if parts.release_address else show(f"kept the address {address}")
    for arn, tunnel in left.secrets:
        _delete(account, arn, tunnel) if parts.delete_secrets else show(f"kept the secret of {tunnel} ({arn})")
    if left.log:
        _delete_log(account, left.log) if parts.delete_log else show(f"kept the log group {left.log}")
    addresses = 0 if parts.release_address else len(left.addresses)
    secrets = 0 if parts.delete_secrets else len(left.secrets)
    log_of = len(deployment.connections) if left.log and not parts.delete_log else 0
    if addresses or secrets or log_of:
        cost = kept_month(addresses=addresses, secrets=secrets, log_of=log_of)
        show(f"what is kept costs about ${cost:.2f} a month; the next deploy adopts it")


def _release(account: Account, address: Address) -> None:
    account.access.call("ec2", "release_address", AllocationId=address.allocation_id)
    show(f"released {address.ip}: nobody can give it back; the venue must forget it")


def _delete(account: Account, arn: str, tunnel: str) -> None:
    account.access.call("secretsmanager", "delete_secret", SecretId=arn, RecoveryWindowInDays=RECOVERY_DAYS)
    show(f"deleted the secret of {tunnel}; it can be restored for {RECOVERY_DAYS} days: {arn}")


def _delete_log(account: Account, name: str) -> None:
    account.access.call("logs", "delete_log_group", logGroupName=name)
    show(f"deleted the log group {name}")
