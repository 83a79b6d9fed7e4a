"""Arguments that several verbs have in common."""

from __future__ import annotations

import math
from typing import Annotated

import typer

ClientName = Annotated[str, typer.Argument(metavar="CLIENT", help="The client: the name of a file in clients/.")]
AsJson = Annotated[bool, typer.Option("--json", help="For a machine to read.")]


def finite(value: float) -> float:
    """Refuse what is no number: it is in no range, and passes every comparison."""
    if not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a number.")
    return value
