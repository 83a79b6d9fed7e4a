"""The commander's end of a FIX process, wherever it runs: a command whose standard input and output reach it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from rehearsal.fix.channel import Channel, FixError


class FixProcess:
    """Started with its settings on entering; stopped, or ended if it does not stop, on leaving."""

    def __init__(self, *, name: str, channel: Channel, settings: dict[str, Any]) -> None:
        self._name = name
        self._channel = channel
        self._settings = settings
        self._events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._ended = False
        self._calls = 0

    def __enter__(self) -> Self:
        try:
            self._from, self._to = self._channel.open()
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
            self._say(self._settings)
            self.wait_for("ready", limit=60)
        except BaseException:
            self._channel.close(grace=0)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(FixError):
            # Its answer is awaited: a guest's write to a line that is closed here would block until the next opens it.
            self.call("stop", within=10)
        with suppress(OSError):  # what was still to be said to a process that is gone
            self._to.close()
        self._channel.close(grace=10)
        self._reader.join(5)
        self._from.close()

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
        """The next event of a kind that was not taken yet; waits for it for at most `limit` seconds."""
        return self._wait(lambda told: told["event"] == event, what=f"`{event}`", limit=limit)

    def drop(self, event: str) -> None:
        """Forget the events of a kind so far, so that the next one is news."""
        with self._news:
            self._events = [told for told in self._events if told["event"] != event]

    def _keep(self, _event: dict[str, Any]) -> bool:
        """Whether an event was taken here and is not waited for: for those that come by the hundred."""
        return False

    def _say(self, what: dict[str, Any]) -> None:
        try:
            self._to.write(json.dumps(what) + "\n")
            self._to.flush()
        except (OSError, ValueError):
            raise FixError(f"{self._name} is gone: {self._channel.last_words()}") from None

    def _read(self) -> None:
        with suppress(OSError, ValueError):  # a line that is cut, or closed under us, has ended
            for line in self._from:
                event = json.loads(line)
                with self._news:
                    if not self._keep(event):
                        self._events.append(event)
                        self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _wait(self, wanted: Callable[[dict[str, Any]], bool], *, what: str, limit: float) -> dict[str, Any]:
        end = time.monotonic() + limit
        with self._news:
            while True:
                if found := next((event for event in self._events if wanted(event)), None):
                    self._events.remove(found)
                    return found
                if self._ended:
                    raise FixError(f"{self._name} ended while {what} was awaited: {self._channel.last_words()}")
                if not self._news.wait(max(0, end - time.monotonic())) and time.monotonic() >= end:
                    raise FixError(f"{self._name} gave no {what} within {limit:g} s: {self._channel.last_words()}")
