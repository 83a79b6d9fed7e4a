"""Keep the address of a pair where it is, until a person says otherwise."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from ops.aws import Account, Stack, open_account
from ops.console import agree, show, show_json, waiting
from ops.deploying.downtime import trading
from ops.failure import BadInput, Failure
from ops.gateway.session import session_to
from ops.loading import load_client
from ops.options import AsJson, ClientName, Now, Yes
from ops.output import Held
from userdata.contract import WORD_FILE

EXAMPLE = "fixtunnel hold acme-capital"


def hold(
    context: typer.Context,
    client: ClientName,
    *,
    end: Annotated[bool, typer.Option("--end", help="Let the gateways decide again.")] = False,
    yes: Yes = False,
    now: Now = False,
    as_json: AsJson = False,
) -> None:
    """Keep the address of a pair where it is, until --end.

    No gateway takes it over, whatever becomes of the one that serves: for work on the network between them, for instance. A
    gateway that reboots forgets the word. Exit status 1: in session hours without --now, or a gateway does not take the word.
    """
    deployment = load_client(context.obj, client)
    if not deployment.client.gateway.standby:
        raise BadInput(f"{client} has one gateway", advice="nothing can be taken over; there is nothing to hold")
    account = open_account(context.obj, deployment)
    stack = account.stack(client)
    if not stack.partner_id:
        raise Failure(f"{client} has no second gateway yet", advice=f"fixtunnel deploy {client}")
    if not end:
        if (in_session := trading(deployment.venues, datetime.now(UTC))) and not now:
            venues = ", ".join(venue.name for venue in in_session)
            advice = "wait for the end of the session, or give --now"
            raise Failure(f"not held: {venues} is in session, and no gateway would take over", advice=advice)
        if not yes:
            agree(f"Hold {stack.address} at {stack.instance_id}? No gateway takes over until --end.")
    with waiting("the gateways hear it"):
        _tell(account, stack, f"rm -f {WORD_FILE}" if end else f"echo hold >{WORD_FILE}")
    done = Held(client=client, address=stack.address, gateway=stack.instance_id, held=not end)
    if as_json:
        show_json(asdict(done))
    elif end:
        show(f"{done.gateway} has {done.address}; the gateways decide again")
    else:
        show(f"{done.gateway} holds {done.address}, and no gateway takes over; end it: fixtunnel hold {client} --end")


def _tell(account: Account, stack: Stack, command: str) -> None:
    """Both: the one that stands by first, which might take it. Raises Failure where one does not take the word."""
    for instance in (stack.partner_id, stack.instance_id):
        ran = session_to(account, instance).run(command)
        if ran.status:
            raise Failure(f"{instance} does not take the word", evidence=ran.err or ran.out)
