"""How many packets the guard refused since that was last reported (guard.nft: its counters)."""

import json

from fixtunnel.command import Failed, run
from fixtunnel.contract import UNASKED_PACKETS, UNDECRYPTED_PACKETS

# The metric of each counter. A host that asks for what is no venue's hears of it itself.
METRICS = {"unasked": UNASKED_PACKETS, "not_decrypted": UNDECRYPTED_PACKETS}


class Refused:
    """The counters, with what of them was reported already."""

    def __init__(self) -> None:
        self._told = self._seen = _counted() or {}

    def look(self) -> dict[str, int]:
        """By metric: the packets since the last `take`. Nothing while the guard is gone."""
        now = _counted()
        if now is None:
            return {}
        self._seen = now
        return {METRICS[name]: self._new(name) for name in METRICS}

    def take(self) -> None:
        """What was last looked at is reported."""
        self._told = self._seen

    def _new(self, name: str) -> int:
        count, told = self._seen.get(name, 0), self._told.get(name, 0)
        # A guard that is loaded again counts from nothing.
        return count - told if count >= told else count


def _counted() -> dict[str, int] | None:
    try:
        listed = json.loads(run("nft", "--json", "list", "counters", "table", "inet", "fixtunnel").stdout)
        counters = [entry["counter"] for entry in listed["nftables"] if "counter" in entry]
        return {counter["name"]: int(counter["packets"]) for counter in counters}
    except (Failed, ValueError, KeyError, TypeError):
        return None
