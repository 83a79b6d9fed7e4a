"""What no input may take: two seconds of a quiet processor, or for ever."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_REFERENCE_SECONDS = 0.12
"""What the reference work takes on a quiet processor."""


def _pace() -> float:
    """How much slower than a quiet processor this one is now, from 1 to 4: a shared one takes more seconds for the same work."""
    begin = time.process_time()
    sum(number * number for number in range(3_000_000))
    return min(4.0, max(1.0, (time.process_time() - begin) / _REFERENCE_SECONDS))


PROCESSOR_SECONDS = 2.0 * _pace()
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
