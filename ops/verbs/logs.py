"""`fixtunnel logs`."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from ops.arguments import AsJson, ClientName
from ops.aws import open_account
from ops.console import show, show_json
from ops.failure import BadInput, Failure
from ops.journal import Entry, around_changes, command, read
from ops.loading import load_client
from ops.onto import session_of

EXAMPLE = "fixtunnel logs acme --since 2h"


def logs(
    context: typer.Context,
    client: ClientName,
    *,
    since: Annotated[str, typer.Option(help="How far back: 30m, 2h, 3d.")] = "24h",
    everything: Annotated[bool, typer.Option("--all", help="Every line, not only those around a change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the state changes, and the engine's lines around them."""
    if not re.fullmatch(r"[1-9][0-9]{0,3}[mhd]", since):
        raise BadInput(f"{since!r} is no span of time", advice="write 30m, 2h or 3d")
    deployment = load_client(context.obj, client)
    session = session_of(open_account(context.obj, deployment), deployment)
    ran = session.run(command(since))
    if ran.status:
        raise Failure("the gateway's journal cannot be read", evidence=ran.err or ran.out[-400:])
    entries = read(ran.out)
    chosen = entries if everything else around_changes(entries)
    if as_json:
        show_json([entry.as_dict() for entry in chosen])
        return
    for entry in chosen:
        show(f"{entry.when} {entry.text}", style=_style(entry))
    if not chosen:
        show(f"no tunnel changed its state in the last {since}")


def _style(entry: Entry) -> str | None:
    if not entry.is_change:
        return "dim"
    return "green" if entry.text.endswith(": up") else "bold yellow"
