"""Which tunnel of a venue's group is up: the preferred one, and a standby while that one stays silent."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from fixtunnel.settings import Tunnel

FOLDER = Path("/var/lib/fixtunnel")
PATIENCE_SECONDS = 12.0
"""Trouble for so long, and it is the next one's turn. A venue's daemon restarts in less, so that alone moves nothing;
the engine has made two attempts by then; and a FIX session with heartbeats of 30 s lives on over the standby."""
LONGEST_PATIENCE_SECONDS = 180.0
REST_SECONDS = 1800.0
"""After a change for more of a venue's networks: each takes what works down for a moment."""


class Group:
    """One venue's tunnels. `chosen` is the one that shall be up, `why` says why it is that one."""

    def __init__(self, tunnels: Sequence[Tunnel], folder: Path = FOLDER) -> None:
        self.venue = tunnels[0].group
        self._names = [tunnel.name for tunnel in tunnels]
        self.preferred = next((tunnel.name for tunnel in tunnels if tunnel.active), self._names[0])
        self._file = folder / f"group-{self.venue}.json"
        self.chosen, self.why = self._remembered()
        self._patience = PATIENCE_SECONDS
        self._silent_since: float | None = None
        self._tried_back = False
        self._pairs: dict[str, int] = {}
        self._partly_since: float | None = None
        self._moved_at = float("-inf")

    def choose(
        self,
        *,
        now: float,
        well: Mapping[str, bool],
        carried: Mapping[str, bool],
        usable: Mapping[str, bool],
        in_window: bool,
        pairs: Mapping[str, int] | None = None,
    ) -> bool:
        """Choose; True if it is another one now.

        Args:
            now: monotonic seconds.
            well: of each tunnel whether it keeps its place.
            carried: of each whether something came through it lately: being up alone does not make us patient again.
            usable: of each tunnel whether it could come up: it is loaded and has its PSK.
            pairs: of each how many of its pairs of networks are up and, as far as we see, answered. Some is not silence.
            in_window: whether the client allows a restart now: only then the preferred one is tried again unasked.
        """
        self._tried_back = self._tried_back and in_window
        present = (pairs or {}).get(self.chosen, 0)
        self._pairs[self.chosen] = present
        self._partly_since = None if well[self.chosen] or not present else self._partly_since
        if well[self.chosen]:
            self._silent_since = None
            self._patience = PATIENCE_SECONDS if carried[self.chosen] else self._patience
            if self.chosen == self.preferred or not in_window or self._tried_back or not usable[self.preferred]:
                return False
            self._tried_back = True
            return self._take(self.preferred, f"back to {self.preferred} in the restart window")
        if present:
            return self._fuller(present, usable, now)
        self._silent_since = now if self._silent_since is None else self._silent_since
        if now - self._silent_since < self._patience:
            return False
        return self._next(usable)

    def _fuller(self, present: int, usable: Mapping[str, bool], now: float) -> bool:
        """To one that had more when it was up last, if one is known: once, and then not for some time."""
        self._silent_since = None
        self._partly_since = now if self._partly_since is None else self._partly_since
        fuller = [name for name in self._names if usable[name] and self._pairs.get(name, 0) > present]
        if not fuller or now - self._partly_since < self._patience or now - self._moved_at < REST_SECONDS:
            return False
        self._moved_at, self._partly_since = now, None
        why = f"{self.chosen} is up for {present} of the pairs of networks, {fuller[0]} had {self._pairs[fuller[0]]}"
        return self._take(fuller[0], why)

    def rest(self) -> None:
        """No tunnel could be up just now: that says nothing of any of them."""
        self._silent_since = self._partly_since = None

    def _next(self, usable: Mapping[str, bool]) -> bool:
        at = self._names.index(self.chosen)
        others = [name for name in self._names[at + 1 :] + self._names[:at] if usable[name]]
        if not others:
            return False
        why = f"{self.chosen} was silent for {self._patience:.0f} s"
        self._silent_since, self._patience = None, min(2 * self._patience, LONGEST_PATIENCE_SECONDS)
        return self._take(others[0], why)

    def _take(self, name: str, why: str) -> bool:
        self.chosen, self.why = name, why
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({"chosen": name, "why": why}))
        new.replace(self._file)
        return True

    def _remembered(self) -> tuple[str, str]:
        """After a restart of this program, or of the gateway: what was silent then is not tried first now."""
        try:
            saved = json.loads(self._file.read_text())
            if saved["chosen"] in self._names:
                return str(saved["chosen"]), str(saved["why"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return self.preferred, f"{self.preferred} is the active one of its group"
