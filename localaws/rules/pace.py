"""How many requests an account and region may make in a second.

CloudFormation caps DescribeStacks at five, which no quota raises (aws-sam-cli#2671); more are refused with "Rate exceeded",
which every client of AWS has to wait out (aws-cdk#5637, aws-cdk-cli#1777). Other calls are not capped here.
"""

from __future__ import annotations

import threading
import time
from collections import deque

DESCRIBE_STACKS = 5
SOURCE = "aws-sam-cli#2671"


class Pace:
    """Lets so many through in each second."""

    def __init__(self, a_second: int) -> None:
        self._taken: deque[float] = deque(maxlen=a_second)
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether one more may go through now."""
        with self._lock:
            now = time.monotonic()
            is_full = len(self._taken) == self._taken.maxlen and now - self._taken[0] < 1
            if not is_full:
                self._taken.append(now)
            return not is_full
