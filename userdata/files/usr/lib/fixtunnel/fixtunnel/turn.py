"""What a pair's program tells the watch beside it: until when this gateway may speak, and how the pair is.

In /run, by the machine's monotonic clock, which both programs share.
"""

import json
import os
from pathlib import Path
from typing import Any

from fixtunnel.contract_of_pair import PairFacts

FILE = Path("/run/fixtunnel/pair.json")
LAPSE_SECONDS = 10.0
"""The kernel silences a gateway at the very moment when it is no longer sure. If it is sure again within so long, it goes on
with the tunnels that it has: on a busy machine one late look must not cost a negotiation, and then another."""


def write(speak_until: float, facts: PairFacts, *, has_lost: bool, path: Path = FILE) -> None:
    """Replace it in one step. `has_lost`: it does not hold the address, or gives it up; else it is at most unsure."""
    new = path.with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps({"speak_until": max(speak_until, 0.0), "has_lost": has_lost, "facts": facts}))
    new.replace(path)


class Turn:
    """Reads it. A program that writes no more has spoken for as long as it said, and no longer."""

    def __init__(self, path: Path = FILE) -> None:
        self._path = path
        self._until = float("-inf")

    def keeps(self, now: float) -> bool:
        """Whether this gateway keeps its tunnels: it may speak, or was unsure for a moment. The kernel knows which."""
        told = self._read()
        until = float(told.get("speak_until", 0.0))
        if told.get("has_lost", True):
            self._until = float("-inf")
            return now < until
        self._until = max(until or self._until, self._until)
        return now < self._until + LAPSE_SECONDS

    @property
    def facts(self) -> PairFacts | None:
        """How the pair is; None before the first word."""
        return self._read().get("facts")

    def _read(self) -> dict[str, Any]:
        try:
            told: dict[str, Any] = json.loads(self._path.read_text())
            return told
        except (OSError, ValueError):
            return {}
