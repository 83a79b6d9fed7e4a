"""`fixtunnel cost`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from ops.console import show, show_json
from ops.files.cost import Item, estimate, total
from ops.loading import load_undeployed
from ops.options import AsJson, ClientName, finite, region_of

EXAMPLE = "fixtunnel cost acme --traffic 20"


def cost(
    context: typer.Context,
    client: ClientName,
    *,
    traffic: Annotated[
        float, typer.Option(min=0, max=1_000_000, callback=finite, help="GiB a month out to the venues.")
    ] = 5,
    as_json: AsJson = False,
) -> None:
    """Estimate what a client costs a month, beside AWS's own VPN.

    List prices of the date that is shown, from ops/files/prices.yaml. It makes no network call.
    """
    deployment = load_undeployed(context.obj, client)
    region = region_of(deployment.client, context.obj)
    found = estimate(deployment, region=region, gib_out=traffic)
    bills = {"gateway": found.gateway, "site_to_site_vpn": found.site_to_site}
    if as_json:
        parts = {name: {"total": total(bill), "parts": [one.as_dict() for one in bill]} for name, bill in bills.items()}
        show_json({"region": region, "as_of": found.as_of, "currency": "USD", **parts})
        return
    show(f"{client} in {region}, US dollars a month, list prices of {found.as_of}", style="bold")
    show(_table("this gateway", found.gateway))
    show(_table("AWS Site-to-Site VPN, if it could serve (fixtunnel choose)", found.site_to_site))


def _table(title: str, parts: tuple[Item, ...]) -> Table:
    table = Table(title=title, title_justify="left", show_footer=True)
    table.add_column("part", footer="total")
    table.add_column("how")
    table.add_column("$", justify="right", footer=_dollars(total(parts)))
    for part in parts:
        table.add_row(part.name, part.how, _dollars(part.dollars))
    return table


def _dollars(amount: float | None) -> str:
    return "?" if amount is None else f"{amount:.2f}"
