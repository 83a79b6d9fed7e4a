"""What a gateway last reported to AWS: for when no command reaches it, or none may be sent.

It puts its state into a stream of its client's log group, at each change and each minute.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ops.aws.access import Access, NotThere, understood
from ops.gateway.state import SaidStatus, Seen, seen_in
from userdata import contract

LATE_SECONDS = 180
"""A heartbeat comes each minute; CloudWatch Logs shows it some seconds later."""
_NEWEST = 50
"""Events to look through: while a gateway is replaced two of them write."""
_PAGES = 10
"""Empty pages to pass over. The same token twice is the end."""


class _SaidKept(BaseModel):
    """`contract.Kept`."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    instance: str
    state: SaidStatus


@dataclass(frozen=True, kw_only=True)
class KeptState:
    """How a gateway was `age` seconds ago. `seen.clock` is its own clock now."""

    seen: Seen
    age: int

    @property
    def is_late(self) -> bool:
        """Whether it is older than a gateway's that works."""
        return self.age > LATE_SECONDS


@understood("logs get_log_events")
def kept_state(access: Access, place: contract.LogPlace, instance_id: str) -> KeptState | None:
    """The newest state of an instance; None where it has reported none, or none that can be read. Raises AwsFailure."""
    try:
        events = _newest(access, {"logGroupName": place.group, "logStreamName": place.state})
    except NotThere:
        return None
    for event in sorted(events, key=lambda one: int(one["timestamp"]), reverse=True):
        said = _read(str(event["message"]))
        if said and said.instance == instance_id:
            # By AWS's clock: the gateway's own may be wrong.
            age = max(0, int(time.time() - int(event["ingestionTime"]) / 1000))
            clock = said.state.time + age
            return KeptState(seen=seen_in(said.state, clock), age=age)
    return None


def _newest(access: Access, place: dict[str, Any]) -> list[Any]:
    """The newest page with events: one may be empty though older ones are not (CloudWatch Logs API Reference, GetLogEvents)."""
    token: dict[str, Any] = {}
    for _ in range(_PAGES):
        page = access.call("logs", "get_log_events", **place, limit=_NEWEST, startFromHead=False, **token)
        if page["events"] or page["nextBackwardToken"] == token.get("nextToken"):
            return list(page["events"])
        token = {"nextToken": page["nextBackwardToken"]}
    return []


def _read(message: str) -> _SaidKept | None:
    try:
        return _SaidKept.model_validate_json(message)
    except ValidationError:
        return None
