"""`fixtunnel fmt`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from model.folders import file_names
from ops import completing
from ops.console import show, show_json
from ops.failure import FINE, FOUND
from ops.files.checking import path_of
from ops.files.formatting import formatted
from ops.files.writing import write_through
from ops.options import AsJson
from ops.output import Formatted

EXAMPLE = "fixtunnel fmt --check"


def fmt(
    context: typer.Context,
    *,
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Client or venue files, or names; none: all.", autocompletion=completing.files),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit status 1 where a file would change.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write client and venue files in one way: indent and space.

    Comments, quotes and the order of keys stay. A file that could not keep its meaning and its comments is refused.
    """
    settings = context.obj
    folders = (settings.clients, settings.venues)
    named = files or [str(folder / f"{name}.yaml") for folder in folders for name in file_names(folder)]
    found = []
    for path in [path_of(name, *folders) for name in named]:
        before, after = formatted(path)
        found.append(Formatted(file=str(path), changes=before != after))
        if before != after and not check:
            write_through(path, after.encode())
        if before != after and not as_json:
            show(f"{path}: {'would change' if check else 'written'}")
    if as_json:
        show_json([asdict(one) for one in found])
    raise typer.Exit(FOUND if check and any(one.changes for one in found) else FINE)
