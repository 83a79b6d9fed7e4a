"""Commands to a FIX process and its answers: one JSON object a line, on standard input and output."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any, TextIO

Verb = Callable[..., dict[str, Any]]


class Control:
    """The process's end. `{"do": verb, "id": n, …}` is answered by `{"event": "done", "id": n, …}` or `"error"`."""

    def __init__(self, *, commands: TextIO, events: TextIO) -> None:
        self._commands = commands
        self._events = events
        self._lock = threading.Lock()

    def tell(self, event: str, **what: Any) -> None:
        """Say that something happened; from any thread."""
        with self._lock:
            self._events.write(json.dumps({"event": event, **what}, separators=(",", ":")) + "\n")
            self._events.flush()

    def first(self) -> dict[str, Any]:
        """The first line: the process's settings."""
        settings: dict[str, Any] = json.loads(self._commands.readline())
        return settings

    def obey(self, verbs: dict[str, Verb]) -> None:
        """Run each command until `stop`, or until its input ends."""
        for command in self._lines():
            number, name = command.pop("id", None), command.pop("do", "")
            if name == "stop":
                self.tell("done", id=number)
                return
            try:
                self.tell("done", id=number, **verbs[name](**command))
            except Exception as error:  # whatever it is, the commander must hear of it
                why = f"{type(error).__name__}: {error}"
                self.tell("error", id=number, why=why, where=traceback.format_exc(limit=-3))

    def _lines(self) -> Iterator[dict[str, Any]]:
        for line in iter(self._commands.readline, ""):
            if line.strip():
                yield json.loads(line)
