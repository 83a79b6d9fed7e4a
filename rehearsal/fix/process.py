"""The commander's end of a FIX process, wherever it runs: a command whose standard input and output reach it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_ROOT = Path(__file__).parents[2]


class FixError(Exception):
    """A FIX process did not do what it was told: what, and its own words."""


def python_here(module: str, *, prefix: Sequence[str] = ()) -> tuple[str, ...]:
    """The command that runs a module of this package with this interpreter, after a prefix such as `ip netns exec x`."""
    return (*prefix, sys.executable, "-m", module)


class FixProcess:
    """Started and told its settings on entering; told to stop, and ended if it does not, on leaving."""

    def __init__(self, *, name: str, command: Sequence[str], settings: dict[str, Any], log: Path) -> None:
        self._name = name
        self._command = command
        self._settings = settings
        self._log = log
        self._events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._ended = False
        self._calls = 0

    def __enter__(self) -> Self:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=_ROOT,
                text=True,
                env=os.environ | {"PYTHONPATH": str(_ROOT)},
                process_group=0,  # Ctrl-C is for us, and we stop it in its turn
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._say(self._settings)
            self.wait_for("ready", limit=60)
        except BaseException:
            self._end(grace=0)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(grace=10)

    def call(self, verb: str, *, within: float, **arguments: Any) -> dict[str, Any]:
        """Tell it to do something, and wait for its answer for at most `within` seconds.

        Raises:
            FixError: it could not, it ended, or it did not answer in time.
        """
        self._calls += 1
        number = self._calls
        self._say({"do": verb, "id": number, **arguments})
        answer = self._wait(lambda event: event.get("id") == number, what=f"an answer to `{verb}`", limit=within)
        if answer["event"] == "error":
            raise FixError(f"{self._name} could not `{verb}`: {answer['why']}; {answer['where'].strip()}")
        return answer

    def wait_for(self, event: str, *, limit: float) -> dict[str, Any]:
        """The next event of a kind that nobody has taken yet; waits for it for at most `limit` seconds."""
        return self._wait(lambda told: told["event"] == event, what=f"`{event}`", limit=limit)

    def drop(self, event: str) -> None:
        """Forget the events of a kind so far, so that the next one is news."""
        with self._news:
            self._events = [told for told in self._events if told["event"] != event]

    def _say(self, what: dict[str, Any]) -> None:
        stdin = self._process.stdin
        try:
            if stdin:
                stdin.write(json.dumps(what) + "\n")
                stdin.flush()
        except OSError:
            raise FixError(f"{self._name} is gone: {self._last_words()}") from None

    def _read(self) -> None:
        for line in self._process.stdout or ():
            # Over a console the channel may carry other text than ours.
            if line.startswith("{"):
                with self._news:
                    self._events.append(json.loads(line))
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _wait(self, wanted: Any, *, what: str, limit: float) -> dict[str, Any]:
        end = time.monotonic() + limit
        with self._news:
            while True:
                if found := next((event for event in self._events if wanted(event)), None):
                    self._events.remove(found)
                    return found
                if self._ended:
                    raise FixError(f"{self._name} ended while {what} was awaited: {self._last_words()}")
                if not self._news.wait(max(0, end - time.monotonic())) and time.monotonic() >= end:
                    raise FixError(f"{self._name} gave no {what} within {limit:g} s: {self._last_words()}")

    def _end(self, *, grace: float) -> None:
        with_grace = grace and self._process.poll() is None
        try:
            if with_grace:
                self._say({"do": "stop"})
                self._process.wait(grace)
        except (FixError, subprocess.TimeoutExpired):
            pass  # ended below, as everything that does not end by itself
        finally:
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
            self._reader.join(5)
            for stream in (self._process.stdin, self._process.stdout):
                if stream:
                    stream.close()

    def _last_words(self) -> str:
        words = self._log.read_text(errors="replace").strip().splitlines()[-5:]
        return " / ".join(words) or f"it said nothing; see {self._log}"
