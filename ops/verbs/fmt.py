"""`fixtunnel fmt`."""

from __future__ import annotations

from typing import Annotated

import typer

from model.folders import file_names
from ops import completing
from ops.console import show
from ops.failure import FINE, FOUND
from ops.files.checking import path_of
from ops.files.formatting import formatted
from ops.files.writing import write_whole

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
) -> None:
    """Write client and venue files in one way: indent and space.

    Comments, quotes and the order of keys stay. A file that could not keep its meaning and its comments is refused.
    """
    settings = context.obj
    folders = (settings.clients, settings.venues)
    named = files or [str(folder / f"{name}.yaml") for folder in folders for name in file_names(folder)]
    found = False
    for path in [path_of(name, *folders) for name in named]:
        before, after = formatted(path)
        if before == after:
            continue
        found = True
        if not check:
            write_whole(path, after.encode())
        show(f"{path}: {'would change' if check else 'written'}")
    raise typer.Exit(FOUND if found and check else FINE)
