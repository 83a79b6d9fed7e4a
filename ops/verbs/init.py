"""`fixtunnel init`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ops.console import note, show, show_json
from ops.deploying.npm import install
from ops.failure import BadInput
from ops.files.firm import make
from ops.options import PROJECT, AsJson
from ops.output import Made

EXAMPLE = "fixtunnel init ours"


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="New, or there already.")] = Path(),
    *,
    npm: Annotated[bool, typer.Option(help="Install the CDK's command line, as package-lock.json pins it.")] = True,
    as_json: AsJson = False,
) -> None:
    """Make a firm's repository: folders, an example, the editor's schemas, CI.

    What is there already stays. After an upgrade of fixtunnel run it again: schemas and package-lock.json follow it.
    """
    if folder.resolve() == PROJECT:
        raise BadInput("this is fixtunnel's own folder", advice="name another: fixtunnel init ../ours")
    made = [str(path) for path in make(folder)]
    if npm:
        install(folder)
    if as_json:
        show_json(asdict(Made(folder=str(folder), files=tuple(made))))
        return
    show("\n".join(f"wrote {path}" for path in made) or "nothing was missing")
    there = f"cd {folder}; " if folder != Path() else ""
    note(f"now: {there}fixtunnel new venue NAME, then fixtunnel new CLIENT --venue NAME")
