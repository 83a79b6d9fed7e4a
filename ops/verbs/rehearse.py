"""`fixtunnel rehearse`."""

from __future__ import annotations

import sys
import webbrowser
from typing import Annotated

import typer

from model.configuration import home
from ops.beside import become, python, wait_for
from ops.console import show
from ops.failure import BAD_INPUT, BadInput
from ops.loading import client_names
from ops.options import PROJECT, ClientName

EXAMPLE = "fixtunnel rehearse acme --open"


def rehearse(
    context: typer.Context,
    client: ClientName,
    *,
    fields: Annotated[
        list[str] | None, typer.Option("-c", "--context", help="KEY=VALUE over a field of the client's file.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it all up at the end, until Enter or Ctrl-C.")] = False,
    standbys: Annotated[bool, typer.Option(help="Bring each standby tunnel up once, and trade over it.")] = True,
    opened: Annotated[bool, typer.Option("--open", help="Show the report in a browser at the end.")] = False,
) -> None:
    """Boot on this machine what would be deployed, and trade through it.

    It needs root on Linux, and installs Debian's packages that it needs. The report is written into out/rehearsal/CLIENT/.
    With --keep, `fixtunnel --rehearsal VERB` asks it. Exit status 0: passed; 1: failed; 2: a wrong file, or no fit machine.
    """
    settings = context.obj
    client_names(settings, [client])
    if sys.platform != "linux":
        raise BadInput("the rehearsal boots a virtual machine in network namespaces", advice="run it on Linux, as root")
    if wait_for(["sh", str(PROJECT / "rehearsal" / "host-packages.sh")]):
        raise typer.Exit(BAD_INPUT)
    overrides = [*(f"{key}={value}" for key, value in settings.context.items()), *(fields or [])]
    options = [*(["--keep"] if keep else []), *([] if standbys else ["--no-standbys"])]
    argv = python("rehearsal", client, *(word for one in overrides for word in ("-c", one)), *options)
    if not opened:
        become(argv)
    status = wait_for(argv)
    report = home() / "out" / "rehearsal" / client / "report.html"
    if report.exists() and not webbrowser.open(report.as_uri()):
        show(f"no browser was found; open {report}")
    raise typer.Exit(status)
