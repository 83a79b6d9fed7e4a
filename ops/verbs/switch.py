"""Let the other gateway of a pair take over, now."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime

import typer

from ops.aws import Account, Stack, open_account
from ops.console import agree, show, show_json, waiting
from ops.deploying.downtime import trading
from ops.failure import BadInput, Failure
from ops.gateway.session import session_to
from ops.gateway.state import look
from ops.gateway.status import standby
from ops.loading import load_client
from ops.options import AsJson, ClientName, Now, Yes
from ops.output import Switched
from userdata.contract import WORD_FILE

EXAMPLE = "fixtunnel switch acme-capital"
LIMIT_SECONDS = 60.0
_PAUSE_SECONDS = 1.0


def switch(
    context: typer.Context,
    client: ClientName,
    *,
    yes: Yes = False,
    now: Now = False,
    as_json: AsJson = False,
) -> None:
    """Let the other gateway of a pair take over, now.

    The tunnels are negotiated again by the other gateway: a few seconds of silence. FIX sessions of trading hosts are kept; one
    of an engine on a gateway is not. Exit status 1: it did not, and why.
    """
    deployment = load_client(context.obj, client)
    if not deployment.client.gateway.standby:
        raise BadInput(f"{client} has one gateway", advice="gateway.standby in its file gives it a second one")
    account = open_account(context.obj, deployment)
    stack = account.stack(client)
    if not stack.partner_id:
        raise Failure(f"{client} has no second gateway yet", advice=f"fixtunnel deploy {client}")
    if (in_session := trading(deployment.venues, datetime.now(UTC))) and not now:
        venues = ", ".join(venue.name for venue in in_session)
        raise Failure(f"not switched: {venues} is in session", advice="wait for the end of the session, or give --now")
    _assert_able(account, stack, client)
    if not yes:
        agree(f"Let {stack.partner_id} take over from {stack.instance_id}?")
    session_to(account, stack.partner_id).run(f"echo take >{WORD_FILE}")
    with waiting(f"{stack.partner_id} takes over"):
        taken = _await(account, stack)
    if not taken:
        what = f"{stack.partner_id} did not take over within {LIMIT_SECONDS:.0f} s; {stack.instance_id} has the address"
        raise Failure(what, advice=f"fixtunnel doctor {client}")
    done = Switched(client=client, address=stack.address, gateway=stack.partner_id, standby=stack.instance_id)
    if as_json:
        show_json(asdict(done))
    else:
        show(f"{done.gateway} has {done.address}; {done.standby} stands by")


def _assert_able(account: Account, stack: Stack, client: str) -> None:
    """Raises Failure where the one that serves does not hear the other one, or that could not serve."""
    pair = look(session_to(account, stack.instance_id)).pair
    if pair and pair.held:
        what = "not switched: a person holds the address where it is"
        raise Failure(what, advice=f"fixtunnel hold {client} --end, once that person agrees")
    if pair is None or not (pair.heard and pair.fit):
        why = standby(pair) if pair else f"{stack.instance_id} does not tell of it"
        raise Failure(f"not switched: {why}", advice="find out why first: fixtunnel doctor")


def _await(account: Account, stack: Stack) -> bool:
    end = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < end:
        if account.holder_of(stack.address) == stack.partner_id:
            return True
        time.sleep(_PAUSE_SECONDS)
    return False
