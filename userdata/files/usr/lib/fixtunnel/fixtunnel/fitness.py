"""How fit this gateway is to serve, for its pair: by what its watch writes, and that it writes at all."""

import time
from typing import Any

STALE_SECONDS = 20.0
"""A watch that has written nothing for so long hangs, or is gone. One look may wait for the engine for some seconds.

The tunnels go on without it: no reason to be silent, and one to hand over to a gateway that is well."""
LATE_SECONDS = 6.0
"""systemd brings an engine back within three seconds or so. One that is later is worth a handover to a gateway that is well:
TCP's attempt at 12.6 s then finds the other one."""
ENGINE_SECONDS = 15.0
"""An engine that is not back by then is gone for good, and this gateway gives way to whatever can serve."""
TROUBLED_SECONDS = 60.0
"""No tunnel up for so long while this one serves: the other one may have a better path to the venue."""
REMEMBERED_SECONDS = 1800.0
"""It stays known that the venue did not answer here: else two gateways would pass a venue that is down to and fro."""
_WELL = frozenset({"up", "partly-up"})


class Fitness:
    """0 cannot serve, 1 can with something amiss, 2 is well."""

    def __init__(self) -> None:
        self._engine_at = float("-inf")
        self._well_at: float | None = None
        self._troubled_at = float("-inf")

    def look(self, state: dict[str, Any], *, serves: bool, now: float) -> int:
        """By the state file, which has wall-clock time; `now` is monotonic."""
        if "tunnels" not in state:
            return 0  # it still boots, or its boot failed
        if abs(time.time() - state.get("time", 0)) > STALE_SECONDS:
            return 1
        if state.get("engine") == "running":
            self._engine_at = now
        if now - self._engine_at >= ENGINE_SECONDS:
            return 0
        if now - self._engine_at >= LATE_SECONDS:
            return 1
        self._note_path(state["tunnels"].values(), serves=serves, now=now)
        return 1 if now - self._troubled_at < REMEMBERED_SECONDS else 2

    def _note_path(self, tunnels: Any, *, serves: bool, now: float) -> None:
        """Whether one tunnel of each venue is up, while this one serves; what waits for a PSK does so on both."""
        venues: dict[str, bool] = {}
        for one in tunnels:
            is_well = one["state"] in _WELL or one["state"] == "waiting-for-psk"
            venues[one["venue"]] = venues.get(one["venue"], False) or is_well
        if not serves or all(venues.values()):
            self._well_at = now
            if serves:
                self._troubled_at = float("-inf")
        elif self._well_at is not None and now - self._well_at >= TROUBLED_SECONDS:
            self._troubled_at = now
