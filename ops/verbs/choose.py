"""`fixtunnel choose`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from model.faults import Fault
from ops import completing
from ops.console import show, show_json
from ops.failure import BAD_INPUT, FINE
from ops.files.choice import Reason, reasons, verdict
from ops.loading import load_readable
from ops.options import AsJson

EXAMPLE = "fixtunnel choose acme"
_WORDS = {
    "no": "AWS's own VPN cannot serve this client: a gateway is needed.",
    "unknown": "Whether AWS's own VPN could serve this client cannot be said before what is marked 'unknown' is known.",
    "ask": "AWS's own VPN could serve this client if the venue agrees to what is marked 'ask'.",
    "yes": "AWS's own VPN could serve this client. Compare: fixtunnel cost",
}


_NEITHER = "AWS's own VPN cannot serve this client, and neither can the gateway before that is changed."
Name = Annotated[
    str,
    typer.Argument(
        metavar="CLIENT",
        help="The client; or a venue, before there is a client of it.",
        autocompletion=completing.files,
    ),
]


def choose(context: typer.Context, client: Name, *, as_json: AsJson = False) -> None:
    """Say whether AWS's own Site-to-Site VPN could serve instead, and why not.

    It answers for every file that can be read, also where the gateway of this project cannot serve the venue.
    Exit status 2 where the files say too little for an answer.
    """
    deployment, errors = load_readable(context.obj, client)
    found = reasons(deployment)
    if as_json:
        ours = {"serves": not errors, "why_not": list(map(str, errors))}
        show_json({"verdict": verdict(found), "gateway": ours, "reasons": [reason.as_dict() for reason in found]})
    else:
        _show(found, errors)
    raise typer.Exit(BAD_INPUT if verdict(found) == "unknown" else FINE)


def _show(found: list[Reason], errors: tuple[Fault, ...]) -> None:
    table = Table()
    for heading in ("tunnel", "about", "AWS's VPN", "why"):
        table.add_column(heading, overflow="fold")
    for reason in found:
        style = {"no": "red", "unknown": "red", "ask": "yellow", "yes": "green"}[reason.verdict]
        table.add_row(reason.tunnel, reason.about, Text(reason.verdict, style=style), reason.why)
    show(table)
    if errors:
        show("The gateway of this project cannot serve it as the files are:")
        show("\n".join(f"  {error}" for error in errors))
    show(_NEITHER if errors and verdict(found) == "no" else _WORDS[verdict(found)], style="bold")
