"""`fixtunnel choose`."""

from __future__ import annotations

import typer
from rich.table import Table
from rich.text import Text

from ops.arguments import AsJson, ClientName
from ops.console import show, show_json
from ops.files.choice import reasons, verdict
from ops.loading import load_client

EXAMPLE = "fixtunnel choose acme"
_WORDS = {
    "no": "AWS's own VPN cannot serve this client: a gateway is needed.",
    "ask": "AWS's own VPN could serve this client if the venue agrees to what is marked 'ask'.",
    "yes": "AWS's own VPN could serve this client. Compare: fixtunnel cost",
}


def choose(context: typer.Context, client: ClientName, *, as_json: AsJson = False) -> None:
    """Say whether AWS's own Site-to-Site VPN could serve instead, and why not."""
    found = reasons(load_client(context.obj, client))
    if as_json:
        show_json({"verdict": verdict(found), "reasons": [reason.as_dict() for reason in found]})
        return
    table = Table()
    for heading in ("tunnel", "about", "AWS's VPN", "why"):
        table.add_column(heading, overflow="fold")
    for reason in found:
        style = {"no": "red", "ask": "yellow", "yes": "green"}[reason.verdict]
        table.add_row(reason.tunnel, reason.about, Text(reason.verdict, style=style), reason.why)
    show(table)
    show(_WORDS[verdict(found)], style="bold")
