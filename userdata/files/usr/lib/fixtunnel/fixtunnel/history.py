"""The last changes of a tunnel's state, over a restart too: what `fixtunnel status` and `fixtunnel logs` tell of the past."""

import json
from collections import deque
from contextlib import suppress
from pathlib import Path

from fixtunnel.contract import Change, Incident, TunnelState

FOLDER = Path("/var/lib/fixtunnel")
MOST_CHANGES = 20
"""Of each tunnel: the state file of eight must fit into what SSM returns (24,000 characters)."""


class History:
    """One tunnel's. The last incident is kept by itself: a long trouble has more changes than are kept."""

    def __init__(self, tunnel: str, folder: Path = FOLDER) -> None:
        self._file = folder / f"history-{tunnel}.json"
        self._changes: deque[Change] = deque(maxlen=MOST_CHANGES)
        self.incident: Incident | None = None
        self._remember()

    @property
    def changes(self) -> list[Change]:
        """The oldest first."""
        return list(self._changes)

    def note(self, state: TunnelState, at: int) -> None:
        """The tunnel came into another state at a Unix time."""
        before = self._changes[-1]["state"] if self._changes else None
        self._changes.append({"at": at, "state": state})
        if before == "up" and state != "up":
            self.incident = {"at": at, "state": state, "until": None}
        elif state == "up" and self.incident and self.incident["until"] is None:
            self.incident["until"] = at
        # A full disk must not keep the watch from its tunnels.
        with suppress(OSError):
            new = self._file.with_suffix(".new")
            new.write_text(json.dumps({"changes": self.changes, "incident": self.incident}))
            new.replace(self._file)

    def _remember(self) -> None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            saved = json.loads(self._file.read_text())
            changes = [Change(at=int(one["at"]), state=one["state"]) for one in saved["changes"]]
            former = saved["incident"]
            self.incident = Incident(at=former["at"], state=former["state"], until=former["until"]) if former else None
            self._changes.extend(changes)
