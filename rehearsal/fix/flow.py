"""A steady flow of orders, to see how long a fault lasts for a trader."""

from __future__ import annotations

import threading
import time

from rehearsal.fix.trader import Trader


class Flow:
    """Orders at a fixed rate until stopped. While the session is down they are held back, or queued in the engine."""

    def __init__(self, *, trader: Trader, rate: float, queues: bool) -> None:
        self._trader = trader
        self._rate = rate
        self._queues = queues
        self._sent = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> int:
        """End; the number of orders that it gave to the engine."""
        self._ending.set()
        self._thread.join(5)  # an engine that is stuck does not let go of it
        return self._sent

    def _run(self) -> None:
        begin, number = time.monotonic(), 0
        while not self._ending.wait(max(0, begin + number / self._rate - time.monotonic())):
            number += 1
            self._one()

    def _one(self) -> None:
        if self._queues or self._trader.is_logged_on:
            self._trader.order()
            self._sent += 1
        else:
            self._trader.ledger.held += 1
