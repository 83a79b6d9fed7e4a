"""What is said while a deploy is waited for: what CloudFormation does, in plain words; then what the new gateway lacks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from model.deployment import Deployment
from ops.aws import Access, Account, Event
from ops.aws.stack import events
from ops.console import note, waiting
from ops.failure import Failure
from ops.gateway.status import ClientStatus, status_of, unseen
from ops.interrupts import Interrupted

_PERIOD_SECONDS = 2.0
_KINDS = {
    "AWS::EC2::Instance": "the gateway",
    "AWS::EC2::EIP": "the public address",
    "AWS::EC2::SecurityGroup": "the firewall",
    "AWS::EC2::VPC": "the network",
    "AWS::SecretsManager::Secret": "a secret",
    "AWS::IAM::Role": "the gateway's role",
}
_VERBS = {"CREATE": "made", "UPDATE": "changed", "DELETE": "removed", "ROLLBACK": "taken back"}


@contextmanager
def going_on(client: str) -> Iterator[None]:
    """On Ctrl-C, say that CloudFormation continues."""
    try:
        yield
    except Interrupted:
        look = f"how far it is: fixtunnel status {client}"
        note(f"what CloudFormation has begun goes on without this command; {look}", style="yellow")
        raise


class Run(Protocol):
    """What is waited for."""

    def ended(self, *, within: float) -> bool:
        """Whether it has ended, or does within so many seconds."""


def follow(run: Run, access: Access, stack: str, *, since: datetime) -> list[Event]:
    """Wait for the end of a run; show what happens to the parts that matter. Returns the events."""
    seen: dict[str, Event] = {}
    ended = False
    while not ended:
        ended = run.ended(within=_PERIOD_SECONDS)
        for event in events(access, stack, after=since):
            if event.id not in seen:
                seen[event.id] = event
                _tell(event)
    return list(seen.values())


def failures(happened: list[Event]) -> str:
    """Why it failed: the first failures, which the later ones only follow from."""
    failed = [one for one in happened if one.status.endswith("_FAILED") and "cancelled" not in one.reason.lower()]
    return "\n".join(f"{_name(one)}: {one.reason}" for one in failed[:3])


def _tell(event: Event) -> None:
    verb, _, outcome = event.status.partition("_")
    time = event.time.astimezone().strftime("%H:%M:%S")
    if outcome == "FAILED":
        note(f"{time}  {_name(event)}: failed: {event.reason}", style="red")
    elif event.kind in _KINDS and outcome == "COMPLETE":
        note(f"{time}  {_name(event)}: {_VERBS.get(verb, verb.lower())}")
    elif event.kind == "AWS::EC2::Instance" and "Resource creation Initiated" in event.reason:
        note(f"{time}  {_name(event)}: boots, and signals when its tunnels are loaded (a few minutes)")


def _name(event: Event) -> str:
    return _KINDS.get(event.kind, event.logical_id)


LIMIT_SECONDS = 120.0
"""CloudFormation ends before the gateway knows that it holds the address. Then it negotiates, at a venue's pace."""
_LOOK_SECONDS = 3.0


def arrived(account: Account, deployment: Deployment) -> ClientStatus:
    """Look until nothing is lacking, saying what is; the last look where something still is at the limit."""
    deadline, said = time.monotonic() + LIMIT_SECONDS, ""
    with waiting("the gateway takes over"):
        while (found := _look(account, deployment)).lacking and time.monotonic() < deadline:
            if found.lacking != said:
                said = found.lacking
                note(f"waiting: {said}")
            time.sleep(_LOOK_SECONDS)
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
