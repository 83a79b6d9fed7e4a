"""`make rehearse CLIENT=…`: boot what would be deployed, let it build its tunnel, and run a FIX session through it."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from model.deployment import Deployment
from model.faults import InvalidInput
from model.load import load
from rehearsal.conduct import Rehearsal
from rehearsal.report import write
from rehearsal.stage import UP, Stage
from rehearsal.timeline import StepFailed, Timeline
from rehearsal.verdict import explain, print_verdict

ROOT = Path(__file__).parent.parent
OUT = ROOT / "out" / "rehearsal"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def rehearse(
    client: Annotated[str, typer.Argument(help="The client: the name of a file in clients/.")] = "lse-proquote",
    keep: Annotated[bool, typer.Option("--keep", help="Leave it all up at the end, until Enter or Ctrl-C.")] = False,
) -> None:
    """Exit status: 0 passed, 1 failed, 2 a file has faults or the machine is not fit."""
    console = Console(highlight=False)
    if os.geteuid() != 0 or sys.platform != "linux":
        console.print("The rehearsal makes network namespaces and a virtual machine: it needs root, on Linux.")
        raise typer.Exit(2)
    # Whoever ends us, by Ctrl-C or by kill: everything is taken down in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    deployment = _load(client)
    psks = {connection.name: secrets.token_urlsafe(24).encode() for connection in deployment.connections}
    with Stage(deployment=deployment, psks=psks) as stage:
        rehearsal = Rehearsal(stage=stage, timeline=Timeline(console))
        try:
            rehearsal.run()
        except StepFailed as failed:
            rehearsal.report.failure = explain(failed, stage, keep_logs=OUT / client / "logs")
        files = write(rehearsal.report, OUT / client)
        print_verdict(console, rehearsal.report, files)
        if keep:
            _wait(console, stage)
    raise typer.Exit(0 if rehearsal.report.verdict == "passed" else 1)


def _load(client: str) -> Deployment:
    try:
        return load(clients=ROOT / "clients", venues=ROOT / "venues", selected=[client]).deployments[0]
    except InvalidInput as invalid:
        print(invalid, file=sys.stderr)
        raise typer.Exit(2) from None


def _wait(console: Console, stage: Stage) -> None:
    """How to step inside each part, as long as it is up."""
    UP.write_text(f"{stage.run_dir}\n{stage.first_venue}\n")
    console.print("\nIt is all up until Ctrl-C:")
    console.print("  make shell-gateway      a command line on the gateway")
    console.print("  make shell-venue        a command line in the venue’s first gateway")
    console.print(f"  {stage.run_dir}      consoles and logs")
    try:
        input()
    except (EOFError, KeyboardInterrupt):
        pass
    finally:
        UP.unlink(missing_ok=True)


if __name__ == "__main__":
    app()
