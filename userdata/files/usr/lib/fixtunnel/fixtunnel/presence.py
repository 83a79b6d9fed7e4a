"""Whether sessions by SSM are possible: a look each minute, and another attempt to bring the agent, with a pause that doubles."""

import time
from collections.abc import Callable

from fixtunnel import agent
from fixtunnel.command import Failed
from fixtunnel.contract import AgentFacts, said

LOOK_SECONDS = 60.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 60.0, 3600.0


class Presence:
    """The agent, as the watch sees it. `tell` says a change."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._runs: bool | None = None
        self._since = 0
        self._look_at = float("-inf")
        self._pause = FIRST_PAUSE_SECONDS
        self._try_at = 0.0

    def look(self, now: float) -> None:
        """See whether it runs; where it does not, have it tried again once the pause is over."""
        if now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        try:
            self._note(agent.runs(), now)
            if not self._runs and now >= self._try_at:
                self._try_at = now + self._pause
                self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
                agent.begin()
        except Failed as failure:
            # Sessions by SSM are no reason to leave a look at the tunnels, and the state, undone.
            print(said(f"whether sessions by SSM are possible is not known: {failure}"), flush=True)

    def _note(self, runs: bool, now: float) -> None:
        if runs == self._runs:
            return
        if not runs:
            # The boot has just tried; or it is being updated.
            self._pause, self._try_at = FIRST_PAUSE_SECONDS, now + FIRST_PAUSE_SECONDS
        was_seen, self._runs, self._since = self._runs is not None, runs, int(time.time())
        if was_seen or not runs:
            self._tell("sessions by SSM are possible" if runs else f"no sessions by SSM: {self._why()}")

    def _why(self) -> str:
        return "" if self._runs else agent.noted() or "its agent does not run"

    @property
    def runs(self) -> bool:
        """Whether it ran when it was looked at last."""
        return bool(self._runs)

    @property
    def facts(self) -> AgentFacts | None:
        """For the state file; None before the first look."""
        if self._runs is None:
            return None
        return {"running": self._runs, "since": self._since, "why": self._why()}
