"""What to do next about a tunnel that is not well: in steps, and at a pace that a venue bears."""

from dataclasses import dataclass

INITIATE, AFRESH, REPLACE, RESTART_ENGINE = "initiate", "afresh", "replace", "restart-engine"
REPLACE_AFTER, REPLACE_EVERY = 60.0, 300.0
REVIVAL_SECONDS = 1.5
"""The engine itself begins again at once when a tunnel falls (libreswan: "revival"). Beginning beside it would make two."""
RESTART_AFTER, RESTART_EVERY = 300.0, 3600.0
"""Of the engine, which all tunnels share: whichever gateway of a venue has its turn, it counts on."""
_PACES = ((120.0, 4.0), (600.0, 8.0), (float("inf"), 15.0))
"""Trouble for less than (seconds): a fresh attempt after so many seconds without progress.

The engine repeats a packet after 0.5, 1, 2, 4, … s, and its own attempt lasts a minute: a venue that comes back in between
would wait for up to 32 s. A fresh attempt every 4 s has a packet out at least every 2 s: three a second at most with
both engines, 15 a minute after ten minutes.
"""
_ONE_WAY_FIRST, _ONE_WAY_LONGEST = 30.0, 600.0
_ONE_HOST_PAUSE = 1800.0
"""Where a host behind the peer may be what is silent. The repair was IKE's own proof that the peer is well: one is enough."""


@dataclass
class Repair:
    """The memory of one tunnel's trouble. Times are monotonic seconds."""

    began: float | None = None
    _was_up: bool = False
    _progress: str = ""
    _progressed_at: float = 0.0
    _acted_at: float = float("-inf")
    _replaced_at: float = float("-inf")
    _one_way_pause: float = _ONE_WAY_FIRST
    _one_way_at: float = float("-inf")

    def is_well(self, *, carried: bool) -> None:
        """The tunnel is up. Only traffic proves that the last repair of a one-way tunnel was one."""
        self.began, self._was_up = None, True
        self._acted_at = float("-inf")
        if carried:
            self._one_way_pause, self._one_way_at = _ONE_WAY_FIRST, float("-inf")

    def rest(self) -> None:
        """Another tunnel has its place. What it did about one-way traffic is remembered: that must stay rare."""
        self.began, self._was_up = None, False
        self._acted_at = self._replaced_at = float("-inf")

    def next(self, *, state: str, progress: str, now: float, may_restart: bool) -> str | None:
        """The step that is due; None while the last one is given its time.

        Args:
            state: `one-way`, `one-host` (one way, and one host alone was spoken to), `mute` (up, and no FIX port has answered
                through it yet), `unknown` (not loaded), `down`, or a phase in between.
            progress: changes whenever the peer has answered.
            may_restart: whether the engine itself may be what is wrong: no tunnel has worked for RESTART_AFTER.
        """
        began = self.began = now if self.began is None else self.began
        lasted = now - began
        pace = next(pace for limit, pace in _PACES if lasted < limit)
        if progress != self._progress:
            self._progress, self._progressed_at = progress, now
        if state in ("one-host", "mute"):
            return self._one_host(now)
        if state == "one-way":
            return self._one_way(now)
        if state == "unknown":
            return self._act(REPLACE, now) if now - self._acted_at >= pace else None
        if state == "down" and self._was_up and lasted < REVIVAL_SECONDS:
            return None
        acted_at = self._acted_at if state == "down" else max(self._acted_at, self._progressed_at)
        return self._bring_up(state, now, lasted, may_restart) if now - acted_at >= pace else None

    def _one_way(self, now: float) -> str | None:
        if now - self._one_way_at < self._one_way_pause:
            return None
        # The peer may be well, and a host behind it gone: then nothing of this helps, and it must become rare.
        repeated = now - self._one_way_at < 2 * self._one_way_pause + 60
        self._one_way_pause = min(2 * self._one_way_pause, _ONE_WAY_LONGEST) if repeated else _ONE_WAY_FIRST
        self._one_way_at = now
        return self._act(AFRESH, now)

    def _one_host(self, now: float) -> str | None:
        if now - self._one_way_at < _ONE_HOST_PAUSE:
            return None
        self._one_way_at = now
        return self._act(AFRESH, now)

    def _bring_up(self, state: str, now: float, lasted: float, may_restart: bool) -> str:
        if may_restart:
            return self._act(RESTART_ENGINE, now)
        if lasted >= REPLACE_AFTER and now - self._replaced_at >= REPLACE_EVERY:
            self._replaced_at = now
            return self._act(REPLACE, now)
        return self._act(INITIATE if state == "down" else AFRESH, now)

    def _act(self, step: str, now: float) -> str:
        self._acted_at = now
        return step
