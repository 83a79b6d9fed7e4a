"""What CloudFormation does while it is waited for, line by line, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from ops.aws import Access, Event
from ops.aws.stack import events
from ops.console import note
from ops.deploying.cdk import Cdk
from ops.interrupts import Interrupted

_PERIOD_SECONDS = 2.0
_KINDS = {
    "AWS::EC2::Instance": "the gateway",
    "AWS::EC2::EIP": "the public address",
    "AWS::EC2::EIPAssociation": "the address moves to the gateway",
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


def follow(run: Cdk, access: Access, stack: str, *, since: datetime) -> list[Event]:
    """Wait for the end of a run of the CDK; show what happens to the parts that matter. Returns the events."""
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
