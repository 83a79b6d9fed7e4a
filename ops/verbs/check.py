"""`fixtunnel check`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from model.faults import counted
from model.folders import file_names
from ops import completing
from ops.failure import BAD_INPUT, FINE, FOUND
from ops.files.checking import check_files, hours_in_words
from ops.loading import is_before_the_first_client
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
    is_early = not files and is_before_the_first_client(settings)
    if is_early:
        files = [str(settings.venues / f"{name}.yaml") for name in file_names(settings.venues)]
    faults = check_files(files or [], clients=settings.clients, venues=settings.venues, origins=settings.origins)
    errors = sum(fault.severity == "error" for fault in faults)
    warnings = len(faults) - errors
    if as_json:
        print(json.dumps([fault.as_dict() for fault in faults], indent=2, ensure_ascii=False))
    else:
        of_venues = hours_in_words(files or [], clients=settings.clients, venues=settings.venues, at=datetime.now(UTC))
        print("\n".join([*map(str, faults), *of_venues, f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"]))
    if is_early:
        from ops.console import note  # noqa: PLC0415  rich takes as long as all the rest

        note("there is no client yet, so these are the venues alone; now: fixtunnel new CLIENT --venue VENUE")
    raise typer.Exit(BAD_INPUT if errors else FOUND if strict and warnings else FINE)
