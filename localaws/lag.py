"""Word of a moved address takes a while to reach EC2's edge and its metadata service.

Seen in the field: 3 s (fck-nat, pull request 44) to 20 s (aws-ec2-assign-elastic-ip, pull request 25); AWS does not publish
percentiles.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Generic, TypeVar

ASSOCIATION_SECONDS, LONGEST_SECONDS = 3.0, 20.0

Value = TypeVar("Value")


class Lag(Generic[Value]):
    """Shows each value so many seconds after it was seen; the first at once."""

    def __init__(self, seconds: float = ASSOCIATION_SECONDS) -> None:
        self.seconds = seconds
        self._seen: deque[tuple[float, Value]] = deque()

    def shows(self, value: Value) -> Value:
        """What is known elsewhere, now that this is so."""
        now = time.monotonic()
        if not self._seen:
            self._seen.append((float("-inf"), value))
        elif value != self._seen[-1][1]:
            self._seen.append((now, value))
        while len(self._seen) > 1 and self._seen[1][0] + self.seconds <= now:
            self._seen.popleft()
        return self._seen[0][1]
