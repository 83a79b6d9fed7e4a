"""A gateway that was just deployed: waited for until its tunnels are up, or wait for their PSKs."""

from __future__ import annotations

import time

from model.deployment import Deployment
from ops.aws import Account
from ops.console import note, waiting
from ops.failure import Failure
from ops.gateway.status import ClientStatus, status_of, unseen

LIMIT_SECONDS = 120.0
"""CloudFormation ends before the gateway knows that it holds the address. Then it negotiates, at a venue's pace."""
_PERIOD_SECONDS = 3.0


def arrived(account: Account, deployment: Deployment) -> ClientStatus:
    """Look until nothing is lacking, saying what is; the last look where something still is at the limit."""
    deadline, said = time.monotonic() + LIMIT_SECONDS, ""
    with waiting("the gateway takes over"):
        while (found := _look(account, deployment)).lacking and time.monotonic() < deadline:
            if found.lacking != said:
                said = found.lacking
                note(f"waiting: {said}")
            time.sleep(_PERIOD_SECONDS)
    if found.lacking:
        doctor = f"what it is: fixtunnel doctor {found.client}"
        note(f"not waited for any longer than {LIMIT_SECONDS:.0f} s: {found.lacking}; {doctor}", style="yellow")
    return found


def _look(account: Account, deployment: Deployment) -> ClientStatus:
    """One look. That one fails says nothing about the next."""
    try:
        return status_of(account, deployment)
    except Failure as failure:
        return unseen(deployment.client.name, failure.what)
