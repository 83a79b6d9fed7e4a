"""SignalResource and CreationPolicy: a resource is complete once it has said so.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-creationpolicy.html
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localaws.cloudformation.faults import CannotMake, Invalid

DEFAULT_TIMEOUT = "PT5M"


def seconds(duration: str) -> float:
    """Seconds in an ISO 8601 duration of hours, minutes and seconds, such as PT1H30M."""
    match = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?", duration)
    if not match or not any(match.groups()):
        raise CannotMake(f"CreationPolicy: {duration!r} is not a duration; write one such as PT15M")
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How many signals a resource waits for, and how long."""

    count: int
    limit: float

    @staticmethod
    def of(definition: Mapping[str, Any], *, cap: float | None) -> Policy | None:
        """The policy of a resource, or None. `cap` shortens the wait, in seconds."""
        wanted = definition.get("CreationPolicy", {}).get("ResourceSignal")
        if wanted is None:
            return None
        limit = seconds(wanted.get("Timeout", DEFAULT_TIMEOUT))
        return Policy(count=int(wanted.get("Count", 1)), limit=min(limit, cap) if cap else limit)


@dataclass(frozen=True)
class Signals:
    """The signals of one stack: expected by the operation's thread, sent by requests."""

    _changed: threading.Condition = field(default_factory=threading.Condition)
    _received: dict[str, dict[str, str]] = field(default_factory=dict)

    def expect(self, logical_id: str) -> None:
        """From now on the resource may be signalled."""
        with self._changed:
            self._received[logical_id] = {}

    def send(self, logical_id: str, *, unique_id: str, status: str) -> None:
        """Take a signal. A second one of the same id counts once, as in AWS."""
        with self._changed:
            if logical_id not in self._received:
                raise Invalid(f"Resource {logical_id} does not wait for a signal and cannot be signaled")
            self._received[logical_id].setdefault(unique_id, status)
            self._changed.notify_all()

    def wait(self, logical_id: str, policy: Policy) -> str:
        """Wait until the policy is met and return who signalled; raise CannotMake at a failure or after its time."""
        with self._changed:
            received = self._received[logical_id]
            self._changed.wait_for(
                lambda: len(received) >= policy.count or "FAILURE" in received.values(), policy.limit
            )
            del self._received[logical_id]
            failed = next((who for who, status in received.items() if status == "FAILURE"), None)
        if failed is not None:
            raise CannotMake(f"Received FAILURE signal with UniqueId {failed}")
        if len(received) < policy.count:
            raise CannotMake(f"Failed to receive {policy.count} resource signal(s) within the specified duration")
        return ", ".join(received)
