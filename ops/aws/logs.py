"""The client's log group in CloudWatch: the gateway's changes of state, which outlive it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ops.aws.access import Access
from userdata import contract


@dataclass(frozen=True, kw_only=True)
class Told:
    """One event (Unix time). `is_change`: a tunnel came into another state."""

    time: float
    text: str
    is_change: bool


def told(access: Access, client: str, *, since: float) -> list[Told]:
    """What the client's gateways told since a moment, the oldest first. Raises NotThere without a log group."""
    group, begin = contract.log_group(client), int(since * 1000)
    found = access.pages("logs", "filter_log_events", "events", logGroupName=group, startTime=begin)
    return [_told(one["timestamp"] / 1000, one["message"]) for one in found]


def _told(time: float, message: str) -> Told:
    try:
        event: contract.Event = json.loads(message)
        return Told(time=time, text=event["said"], is_change="state" in event)
    except (ValueError, KeyError, TypeError):
        return Told(time=time, text=message, is_change=False)
