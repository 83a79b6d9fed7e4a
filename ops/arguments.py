"""Arguments that several verbs have in common."""

from __future__ import annotations

from typing import Annotated

import typer

ClientName = Annotated[str, typer.Argument(metavar="CLIENT", help="The client: the name of a file in clients/.")]
AsJson = Annotated[bool, typer.Option("--json", help="For a machine to read.")]
