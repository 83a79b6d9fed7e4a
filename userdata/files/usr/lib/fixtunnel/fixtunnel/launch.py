"""How much of the time is left that CloudFormation gives a new gateway.

After it the gateway is being ended, and must take nothing from the one that works.
"""

import time
from pathlib import Path

from fixtunnel import contract

BEGAN = Path(contract.BEGAN_FILE)
CLAIMED = Path("/var/lib/fixtunnel/claimed")
"""This gateway has claimed the address once, by EC2's answer: whatever boots from now on is a later boot."""


def age() -> float:
    """Seconds since the launch, by the clock that is further on: a power cut stops the one, a step of the time the other."""
    try:
        return max(time.monotonic(), time.time() - float(BEGAN.read_text()))
    except (OSError, ValueError):
        return time.monotonic()


def left() -> float:
    """Seconds until a claim would be too late; negative after that. Of a gateway that has claimed no one asks it."""
    return contract.CLAIM_SECONDS - age()


def within(seconds: float) -> float:
    """A limit for a step of the boot, in seconds: the first boot has no more than what is left."""
    return seconds if CLAIMED.exists() else min(seconds, left())
