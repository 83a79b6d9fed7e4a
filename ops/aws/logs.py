"""The client's log group in CloudWatch: the gateway's changes of state, which outlive it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ops.aws.access import Access
from userdata.operations import log_group_name


@dataclass(frozen=True, kw_only=True)
class Told:
    """One event (Unix time)."""

    time: float
    text: str


def told(access: Access, client: str, *, since: float) -> list[Told]:
    """What the client's gateways told since a moment, the oldest first. Raises NotThere without a log group."""
    group, begin = log_group_name(client), int(since * 1000)
    found = access.pages("logs", "filter_log_events", "events", logGroupName=group, startTime=begin)
    return [Told(time=one["timestamp"] / 1000, text=_text(one["message"])) for one in found]


def _text(message: str) -> str:
    try:
        return str(json.loads(message)["said"])
    except (ValueError, KeyError, TypeError):
        return message
