"""Faults that the rehearsal asks of a running server: kept in a file, so that they hold from the very next request."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Literal

Fault = Literal["reset", "blackhole", "unavailable", "missing"]
_POLL_S = 0.05


class Faults:
    """The faults of one server, by what they befall (a service, or a path of the metadata)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def set(self, subject: str, fault: Fault) -> None:
        """Make it happen to this subject until it is cleared."""
        self._write(self.all() | {subject: fault})

    def clear(self, subject: str) -> None:
        """Let the subject work again; nothing happens where it does already."""
        self._write({name: fault for name, fault in self.all().items() if name != subject})

    def all(self) -> dict[str, Fault]:
        """Every fault in force."""
        try:
            faults: dict[str, Fault] = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        return faults

    def of(self, subject: str) -> Fault | None:
        """The fault of this subject, if it has one."""
        return self.all().get(subject)

    def outlast(self, subject: str, *, limit_s: float) -> bool:
        """Wait while the subject is black-holed. Returns whether that ended within the limit."""
        deadline = time.monotonic() + limit_s
        while self.of(subject) == "blackhole":
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def _write(self, faults: dict[str, Fault]) -> None:
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(faults))
        draft.replace(self._path)
