"""`fixtunnel check`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from model.faults import counted
from ops import completing
from ops.failure import BAD_INPUT, FINE, FOUND
from ops.files.checking import check_files, hours_in_words
from ops.options import AsJson

EXAMPLE = "fixtunnel check acme"


def check(
    context: typer.Context,
    *,
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Client or venue files, or names; none: all.", autocompletion=completing.files),
    ] = None,
    as_json: AsJson = False,
    strict: Annotated[bool, typer.Option("--strict", help="Let a warning end with status 1.")] = False,
) -> None:
    """Check files: all faults at once, and what is weak.

    What is weak comes with what to ask of the venue. At the end stands what was understood of each venue's
    hours. Exit status 0: no error (warnings may be); 2: an error; with --strict also 1: a warning.
    """
    settings = context.obj
    faults = check_files(files or [], clients=settings.clients, venues=settings.venues, origins=settings.origins)
    errors = sum(fault.severity == "error" for fault in faults)
    warnings = len(faults) - errors
    if as_json:
        print(json.dumps([fault.as_dict() for fault in faults], indent=2, ensure_ascii=False))
    else:
        of_venues = hours_in_words(files or [], clients=settings.clients, venues=settings.venues, at=datetime.now(UTC))
        print("\n".join([*map(str, faults), *of_venues, f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"]))
    raise typer.Exit(BAD_INPUT if errors else FOUND if strict and warnings else FINE)
