"""One call at a time on a thread of its own, so that who wants it goes on: a slow service must not hold up a beat."""

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Caller(Generic[Answer]):
    """Does what it is given. `rings` is called, on that thread, as soon as there is an answer."""

    def __init__(self, rings: Callable[[], None] = lambda: None) -> None:
        self._rings = rings
        self._given: queue.SimpleQueue[Callable[[], Answer]] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self.is_busy = False
        threading.Thread(target=self._work, daemon=True).start()

    def begin(self, call: Callable[[], Answer]) -> None:
        """Do this, which raises nothing. Only while nothing is under way."""
        self.is_busy = True
        self._given.put(call)

    def answer(self) -> Answer | None:
        """The answer, once; None while there is none."""
        try:
            told = self._answers.get_nowait()
        except queue.Empty:
            return None
        self.is_busy = False
        return told

    def _work(self) -> None:
        while True:
            self._answers.put(self._given.get()())
            self._rings()
