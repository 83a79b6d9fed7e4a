"""`make rehearse CLIENT=…`: boot what would be deployed, let it build its tunnel, and run a FIX session through it."""

from __future__ import annotations

import os
import secrets
import select
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from localaws.selection import Client, Fields, fields, selected
from model.configuration import home, is_clone
from model.deployment import Deployment
from model.faults import InvalidInput
from ops.console import VisibleConsole
from ops.ending import ended
from ops.interrupts import Interrupted, answered
from rehearsal.report import write
from rehearsal.run.failure import explain
from rehearsal.run.rehearsal import Rehearsal
from rehearsal.run.timeline import StepFailed, Timeline
from rehearsal.run.verdict import print_verdict
from rehearsal.world.stage import Stage, up
from rehearsal.world.sweep import sweep

_LOG_WIDTH = 140
_LOOK_S = 0.5
_ASKED_WIDTH = 44
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def rehearse(
    client: Client = "lse-proquote",
    context: Fields = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it all up at the end, until Enter or Ctrl-C.")] = False,
    literally: Annotated[bool, typer.Option("--literally", help="With the article’s script instead of ours.")] = False,
    standbys: Annotated[bool, typer.Option(help="Bring each standby tunnel up once, and trade over it.")] = True,
) -> None:
    """Exit status: 0 passed, 1 failed, 2 a file has faults or the machine is not fit."""
    console = a_console()
    fit_or_exit(console)
    given = fields(context)
    deployment = deployment_or_exit(console, client, given)
    psks = {connection.name: secrets.token_urlsafe(24).encode() for connection in deployment.connections}
    with Stage(deployment=deployment, psks=psks, context=given) as stage:
        rehearsal = Rehearsal(stage=stage, timeline=Timeline(console), literally=literally, standbys=standbys)
        try:
            rehearsal.run()
        except StepFailed as failed:
            rehearsal.report.failure = explain(failed, stage, keep_logs=out_of(client) / "logs")
        files = write(rehearsal.report, out_of(client))
        print_verdict(console, rehearsal.report, files)
        if keep and stage.venues:
            _wait(console, stage)
        elif keep:
            console.print("There is nothing to look into: it failed before the venue’s gateway was there.")
    if keep:
        console.print("It is all taken down.")
    raise typer.Exit(0 if rehearsal.report.verdict == "passed" else 1)


def out_of(client: str) -> Path:
    """Where the report of a client and what belongs to it are written."""
    return home() / "out" / "rehearsal" / client


def fit_or_exit(console: Console) -> None:
    """This machine, made ready: what killed runs left is swept."""
    if os.geteuid() != 0 or sys.platform != "linux":
        console.print("The rehearsal makes network namespaces and a virtual machine: it needs root, on Linux.")
        raise typer.Exit(2)
    for run_id in sweep():
        console.print(f"Run {run_id} had been killed: what it left is taken away.", style="dim")


def a_console() -> Console:
    """A log has no width of its own, and lines that are broken there cannot be searched."""
    console = VisibleConsole(highlight=False)
    return console if console.is_terminal else VisibleConsole(highlight=False, width=_LOG_WIDTH)


def deployment_or_exit(console: Console, client: str, given: Mapping[str, str]) -> Deployment:
    """The client as its file and `given` say; else what is wrong with them, and exit status 2."""
    try:
        (deployment,) = selected(client, given).deployments
    except InvalidInput as invalid:
        print(invalid, file=sys.stderr)
        raise typer.Exit(2) from None
    if deployment.client.gateway.engine == "openswan" and not deployment.client.gateway.openswan:
        console.print(f"{client} asks for OpenSwan, which no current distribution has, and names no package.")
        console.print(f"Name yours: make rehearse CLIENT={client} OPENSWAN_DEB=path/to/openswan.deb", soft_wrap=True)
        raise typer.Exit(2)
    return deployment


def _wait(console: Console, stage: Stage) -> None:
    """How to step inside each part, as long as it is up: until a signal or, at a terminal, Enter."""
    up().parent.mkdir(parents=True, exist_ok=True)
    up().write_text(f"{stage.run_dir}\n{stage.first_venue}\n")
    at_terminal = sys.stdin is not None and sys.stdin.isatty()
    until = "Enter or Ctrl-C" if at_terminal else f"Ctrl-C, or `kill {os.getpid()}`"
    console.print(f"\nIt is all up until {until}. In another terminal:", markup=False)
    for asks, what in (
        ("status", "one screen: gateway, tunnels, FIX ports"),
        ("doctor", "every layer, and the first that is broken"),
        ("shell", "a command line on the gateway"),
    ):
        console.print(f"  {f'fixtunnel --rehearsal {asks} {stage.client}':<{_ASKED_WIDTH}}{what}", soft_wrap=True)
    if is_clone():
        console.print(f"  {'make shell-venue':<{_ASKED_WIDTH}}a command line in the venue’s first gateway")
    console.print(f"Consoles and logs: {stage.run_dir}", soft_wrap=True)
    try:
        # In short waits: a signal that comes just before a long one would be heard at its end alone.
        while not (at_terminal and select.select([sys.stdin], [], [], _LOOK_S)[0]):
            if not at_terminal:
                time.sleep(_LOOK_S)
    except Interrupted:
        answered()
    finally:
        up().unlink(missing_ok=True)
    console.print("Taking it down …")


def main() -> int:
    """Run it, and say how it ended. Returns its exit status."""
    return ended(app)
