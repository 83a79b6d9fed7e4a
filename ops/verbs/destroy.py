"""`fixtunnel destroy`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from model.deployment import Deployment
from ops.aws import Account, Stack, open_account
from ops.aws.adoption import Address
from ops.aws.stack import protect
from ops.console import aside, note, show, show_json, typed_name
from ops.deploying.cdk import cdk
from ops.deploying.downtime import trading
from ops.deploying.progress import failures, follow, going_on
from ops.failure import BadInput, Failure
from ops.files.cost import kept_month
from ops.loading import load_client
from ops.options import AsJson, ClientName, Now, Settings, Yes
from ops.output import Destroyed, Part
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
    as_json: AsJson = False,
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
    with aside(as_json=as_json):
        if stack:
            _destroy(context.obj, account, deployment, stack)
        left = _left(account, deployment, parts)
    if as_json:
        name, month = stack.name if stack else "", _month(left, deployment)
        show_json(asdict(Destroyed(client=client, stack=name, parts=left, kept_month=month)))


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
    """As it was, unless it is on its way out. What ended the destroy is shown, whatever happens here."""
    try:
        found = account.find_stack(client)
        if found and not found.status.startswith("DELETE_"):
            protect(account.access, found.name, protected=True)
    except Failure as failure:
        note(f"the termination protection stays off: {failure.what}", style="yellow")


def _left(account: Account, deployment: Deployment, parts: _Parts) -> tuple[Part, ...]:
    """What outlives the stack, each given back or kept. By their tags: a stack that failed has no outputs."""
    left = account.left(deployment)
    found = [_address(account, one, release=parts.release_address) for one in left.addresses]
    found += [_secret(account, arn, tunnel, delete=parts.delete_secrets) for arn, tunnel in left.secrets]
    found += [_log(account, left.log, delete=parts.delete_log)] if left.log else []
    if month := _month(found, deployment):
        show(f"what is kept costs about ${month:.2f} a month; the next deploy adopts it")
    return tuple(found)


def _month(parts: Sequence[Part], deployment: Deployment) -> float:
    """US dollars a month of what is kept."""
    kept = [part.kind for part in parts if part.outcome == "kept"]
    log_of = len(deployment.connections) if "log" in kept else 0
    month = kept_month(addresses=kept.count("address"), secrets=kept.count("secret"), log_of=log_of)
    return round(month, 2) if kept else 0.0


def _address(account: Account, address: Address, *, release: bool) -> Part:
    part = Part(kind="address", name=address.ip, id=address.allocation_id, outcome="released" if release else "kept")
    if release:
        account.access.call("ec2", "release_address", AllocationId=address.allocation_id)
        show(f"released {address.ip}. This can't be undone. Tell the venue to remove this address.")
    else:
        show(f"kept the address {address}")
    return part


def _secret(account: Account, arn: str, tunnel: str, *, delete: bool) -> Part:
    part = Part(kind="secret", name=tunnel, id=arn, outcome="deleted" if delete else "kept")
    if delete:
        account.access.call("secretsmanager", "delete_secret", SecretId=arn, RecoveryWindowInDays=RECOVERY_DAYS)
        show(f"deleted the secret of {tunnel}; it can be restored for {RECOVERY_DAYS} days: {arn}")
    else:
        show(f"kept the secret of {tunnel} ({arn})")
    return part


def _log(account: Account, name: str, *, delete: bool) -> Part:
    if delete:
        account.access.call("logs", "delete_log_group", logGroupName=name)
    show(f"{'deleted' if delete else 'kept'} the log group {name}")
    return Part(kind="log", name=name, id=name, outcome="deleted" if delete else "kept")
