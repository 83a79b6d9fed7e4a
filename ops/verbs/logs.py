"""`fixtunnel logs`."""

from __future__ import annotations

import re
import time
from contextlib import nullcontext
from typing import Annotated

import typer

from model.deployment import Deployment
from ops.aws import Account, AwsFailure, open_account
from ops.console import note, show, show_json
from ops.failure import BadInput, Failure
from ops.gateway.journal import Entry, command, log_of, read, told, told_entry
from ops.gateway.session import Unreachable, session_of
from ops.gateway.state import look
from ops.loading import load_client
from ops.options import AsJson, ClientName
from ops.pager import paged

EXAMPLE = "fixtunnel logs acme --since 2h"
_LOOK_SECONDS, _OVERLAP_MINUTES = 5, 2


def logs(
    context: typer.Context,
    client: ClientName,
    *,
    since: Annotated[str, typer.Option(help="How far back: 30m, 2h, 3d.")] = "24h",
    everything: Annotated[bool, typer.Option("--all", help="Every line, not only those around a change.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is new, until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the state changes, and the engine's lines around them.

    From the gateway's journal; from CloudWatch where the gateway does not answer, or your role may run no command.
    """
    if not re.fullmatch(r"[1-9][0-9]{0,3}[mhd]", since):
        raise BadInput(f"{since!r} is no span of time", advice="write 30m, 2h or 3d")
    if follow and as_json:
        raise BadInput("--follow and --json exclude each other", advice="ask again with --json as often as you like")
    deployment = load_client(context.obj, client)
    account = open_account(context.obj, deployment)
    chosen = _chosen(account, deployment, since, everything=everything)
    if as_json:
        show_json([entry.as_dict() for entry in chosen])
        return
    with nullcontext() if follow else paged():
        _show(chosen)
    if not chosen:
        show(f"no tunnel changed its state in the last {since}")
    if follow:
        _follow(account, deployment, chosen, everything=everything)


def _follow(account: Account, deployment: Deployment, shown: list[Entry], *, everything: bool) -> None:
    """A gateway that takes the place of this one is followed in its turn."""
    known, looked = set(shown), time.monotonic()
    while True:
        time.sleep(_LOOK_SECONDS)
        begun = time.monotonic()
        since = f"{int(begun - looked) // 60 + _OVERLAP_MINUTES}m"
        try:
            found = _chosen(account, deployment, since, everything=everything)
        except Failure as failure:
            note(failure.what)
            continue
        looked = begun
        _show([entry for entry in found if entry not in known])
        known |= set(found)


def _chosen(account: Account, deployment: Deployment, since: str, *, everything: bool) -> list[Entry]:
    try:
        return _of_gateway(account, deployment, since, everything=everything)
    except (Unreachable, AwsFailure) as failure:
        note(f"{failure.what}: its changes as it logged them to CloudWatch, without the engine's lines")
        return _of_cloudwatch(account, deployment, since)


def _show(entries: list[Entry]) -> None:
    for entry in entries:
        show(f"{entry.when} {entry.text}", style=_style(entry))


def _of_gateway(account: Account, deployment: Deployment, since: str, *, everything: bool) -> list[Entry]:
    session = session_of(account, deployment)
    lines = look(session).lines
    ran = session.run(command(since, None if everything else lines))
    if ran.status:
        raise Failure("the gateway's journal cannot be read", evidence=ran.err or ran.out[-400:])
    return read(ran.out, lines)


def _of_cloudwatch(account: Account, deployment: Deployment, since: str) -> list[Entry]:
    begin = time.time() - int(since[:-1]) * {"m": 60, "h": 3600, "d": 86400}[since[-1]]
    return [told_entry(one) for one in told(account.access, log_of(deployment), since=begin)]


def _style(entry: Entry) -> str | None:
    if not entry.is_change:
        return "dim"
    return "green" if entry.text.endswith(": up") else "bold yellow"
