"""`fixtunnel failback`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from model.deployment import Connection, Deployment
from model.faults import nearest
from ops import completing
from ops.aws import Account, open_account
from ops.console import agree, aside, show_json, waiting
from ops.deploying.downtime import trading
from ops.failure import BadInput, Failure
from ops.gateway.session import session_of
from ops.gateway.status import ClientStatus, status_of
from ops.loading import load_client
from ops.options import AsJson, ClientName, Now, Yes
from ops.verbs.status import show_screen

EXAMPLE = "fixtunnel failback acme"
LIMIT_SECONDS, _LOOK_SECONDS = 120.0, 3.0
CHOICE = "/var/lib/fixtunnel/group-{venue}.json"
"""Where the gateway remembers which of a venue's tunnels it chose (`fixtunnel/group.py`)."""


def failback(
    context: typer.Context,
    client: ClientName,
    venue: Annotated[
        str | None,
        typer.Argument(metavar="[VENUE]", help="Where several have a standby.", autocompletion=completing.venues),
    ] = None,
    *,
    yes: Yes = False,
    now: Now = False,
    as_json: AsJson = False,
) -> None:
    """Go back from a venue's standby gateway to its first one.

    The gateway stays on a standby that works. This ends it, and the first tunnel comes up within seconds: FIX sessions must
    log on again. Exit status 1: in session hours without --now, or the first tunnel did not come up within two minutes.
    """
    deployment = load_client(context.obj, client)
    first = _first(deployment, venue)
    account = open_account(context.obj, deployment)
    found = status_of(account, deployment)
    with aside(as_json=as_json):
        if not _is_up(found, first):
            _guarded(first, now=now)
            if not yes:
                agree(f"End the standby tunnel to {first.venue.name}, and go back to {first.name}?")
            found = _gone_back(account, deployment, first)
        show_screen([found])
    if as_json:
        show_json(found.as_dict())


def _first(deployment: Deployment, venue: str | None) -> Connection:
    groups = {name: tunnels for name, tunnels in deployment.groups.items() if len(tunnels) > 1}
    if not groups:
        raise BadInput(
            f"no venue of {deployment.client.name} has a standby tunnel", advice="there is nothing to go back from"
        )
    if venue is None and len(groups) == 1:
        (venue,) = groups
    if venue not in groups:
        what = f"{venue} is not a venue with a standby tunnel" if venue else "which venue?"
        raise BadInput(what, advice=nearest(venue or "", groups) if venue else f"available: {', '.join(groups)}")
    return next(one for one in groups[venue] if one.is_active)


def _is_up(found: ClientStatus, tunnel: Connection) -> bool:
    return any(one.name == tunnel.name and one.state == "up" for one in found.tunnels)


def _guarded(first: Connection, *, now: bool) -> None:
    if trading([first.venue], datetime.now(UTC)) and not now:
        advice = "wait for the end of the session, or give --now"
        raise Failure(f"nothing was done: {first.venue.name} is in session", advice=advice)


def _gone_back(account: Account, deployment: Deployment, first: Connection) -> ClientStatus:
    forget = f"rm -f {CHOICE.format(venue=first.venue.name)} && systemctl restart fixtunnel-watch"
    ran = session_of(account, deployment).run(forget)
    if ran.status:
        raise Failure("the gateway could not do it", evidence=ran.err or ran.out)
    deadline = time.monotonic() + LIMIT_SECONDS
    with waiting(f"{first.name} comes up"):
        while not _is_up(found := status_of(account, deployment), first) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
    if not _is_up(found, first):
        what = f"{first.name} did not come up within {LIMIT_SECONDS:.0f} s; the gateway goes over the standby again by itself"
        raise Failure(what, advice=f"fixtunnel doctor {deployment.client.name}")
    return found
