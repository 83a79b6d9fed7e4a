"""`fixtunnel status`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from model.faults import InvalidInput
from ops import completing
from ops.aws import open_account
from ops.console import console, show, show_json
from ops.duration import ago
from ops.failure import FINE, FOUND, BadInput, Failure
from ops.gateway.status import ClientStatus, TunnelStatus, status_of, unseen
from ops.loading import client_names, load_client
from ops.options import AsJson, Settings, finite

EXAMPLE = "fixtunnel status --watch"
_STYLES = {
    "up": "green",
    "standby": "dim",
    "partly-up": "yellow",
    "one-way": "red",
    "ended-at-once": "red",
    "engine-down": "red",
    "ike": "yellow",
    "trying": "yellow",
    "waiting-for-psk": "yellow",
    "down": "red",
}


def status(
    context: typer.Context,
    *,
    clients: Annotated[
        list[str] | None, typer.Argument(metavar="[CLIENT]...", help="None: all.", autocompletion=completing.clients)
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")] = False,
    every: Annotated[
        float, typer.Option(min=2, max=86400, callback=finite, help="With --watch: seconds between two looks.")
    ] = 10,
    as_json: AsJson = False,
) -> None:
    """Show all clients on one screen: stack, instance, address, each tunnel, each FIX port.

    Where no command reaches a gateway, or your role may send none, its last report to AWS is shown, with its age. Of
    several, one that cannot be seen is shown with the reason. Exit status 0: a tunnel to each venue of each client is up; 1: not.
    """
    if watch and as_json:
        raise BadInput("--watch and --json exclude each other", advice="ask again with --json as often as you like")
    names = client_names(context.obj, clients or [])
    if watch:
        _watch(context.obj, names, every)
        return
    alone = len(clients or []) == 1
    found = [_status(context.obj, names[0])] if alone else [_seen(context.obj, name) for name in names]
    if as_json:
        show_json([one.as_dict() for one in found])
    else:
        show_screen(found)
    raise typer.Exit(FINE if all(one.is_well for one in found) else FOUND)


def show_screen(found: list[ClientStatus]) -> None:
    """One look, for a person."""
    show(_screen(found))


def _status(settings: Settings, client: str) -> ClientStatus:
    deployment = load_client(settings, client)
    return status_of(open_account(settings, deployment), deployment)


def _seen(settings: Settings, client: str) -> ClientStatus:
    """One of several, or one look of many: what keeps it from being seen hides no other client, and ends nothing."""
    try:
        return _status(settings, client)
    except Failure as failure:
        return unseen(client, failure.what)
    except InvalidInput as invalid:
        first = next(fault for fault in invalid.faults if fault.severity == "error")
        return unseen(client, f"{first}; all of it: fixtunnel check {client}")


def _watch(settings: Settings, names: list[str], every: float) -> None:
    def look() -> Group:
        return _screen([_seen(settings, name) for name in names])

    with Live(look(), console=console(), auto_refresh=False) as live:
        while True:
            time.sleep(every)
            live.update(look(), refresh=True)


def _screen(found: list[ClientStatus]) -> Group:
    clients = Table(title=time.strftime("%Y-%m-%d %H:%M:%S %Z"), title_justify="left")
    for heading in ("client", "stack", "instance", "address", "gateway", "trouble"):
        clients.add_column(heading, overflow="fold")
    tunnels = Table()
    for heading in (
        "client",
        "tunnel",
        "role",
        "state",
        "for",
        "IKE",
        "child SA",
        "in",
        "out",
        "FIX port",
        "last incident",
    ):
        tunnels.add_column(heading, overflow="fold", justify="right" if heading in ("in", "out") else "left")
    for one in found:
        style = "green" if one.is_well else "red"
        name = Text(one.client, style=style)
        clients.add_row(name, one.stack, one.instance, one.address, one.gateway, Text(one.trouble, style="red"))
        for tunnel in one.tunnels:
            tunnels.add_row(one.client, *_cells(tunnel))
    notes = [Text(f"{one.client}: {note}", style="yellow") for one in found for note in one.notes]
    return Group(clients, tunnels, *notes)


def _cells(tunnel: TunnelStatus) -> tuple[str | Text, ...]:
    return (
        tunnel.name,
        tunnel.role,
        Text(tunnel.state, style=_STYLES.get(tunnel.state, "dim")),
        "–" if tunnel.for_seconds is None else ago(tunnel.for_seconds),
        "up" if tunnel.ike_up else "–",
        "–" if tunnel.child_sa_age is None else f"{ago(tunnel.child_sa_age)} old",
        _bytes(tunnel.bytes_in),
        _bytes(tunnel.bytes_out),
        "\n".join([_ports(tunnel.fix_ports), *(f"{name}: {said}" for name, said in tunnel.inbound.items())]),
        tunnel.last_incident or "none known",
    )


def _ports(ports: Mapping[str, str]) -> str:
    """A line for each endpoint; the name of a single one says nothing."""
    if len(ports) == 1:
        return next(iter(ports.values()))
    return "\n".join(f"{endpoint}: {words}" for endpoint, words in ports.items()) or "–"


def _bytes(number: int | None) -> str:
    if number is None:
        return "–"
    for unit in ("B", "kB", "MB"):
        if number < 10_000:
            return f"{number} {unit}"
        number //= 1000
    return f"{number} GB"
