"""What no input may take: two seconds of the processor, or for ever."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PROCESSOR_SECONDS = 2.0
HANG_SECONDS = 30.0
"""The clock on the wall runs on while a busy machine does other things: it finds only what would never end."""


@contextmanager
def bounded(*, processor: float = PROCESSOR_SECONDS, wall: float = HANG_SECONDS) -> Iterator[None]:
    """Fail the test if the block takes longer."""

    def ended(signum: int, _frame: FrameType | None) -> None:
        what = f"{processor} s of the processor" if signum == signal.SIGVTALRM else f"{wall} s"
        raise AssertionError(f"this took more than {what}")

    timers = ((signal.ITIMER_VIRTUAL, signal.SIGVTALRM, processor), (signal.ITIMER_REAL, signal.SIGALRM, wall))
    before = [signal.signal(number, ended) for _, number, _ in timers]
    for timer, _, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (timer, number, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
