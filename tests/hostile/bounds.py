"""What no input may take: two seconds of a quiet processor, or for ever."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PROCESSOR_SECONDS = 2.0
SLOWEST = 4.0
"""A processor that is slower than a quiet one by more than this is given no more time."""
HANG_SECONDS = 30.0
"""The clock on the wall runs on while a busy machine does other things: it finds only what would never end."""
REFERENCE_SECONDS = 0.17
"""What `pace` works for on a quiet processor: the least of thirty times on 2026-11-28, on the machine of docs/recovery.md."""


def pace() -> float:
    """How much slower than a quiet processor this one is now, at least 1: one that is shared takes longer for the same."""
    begin = time.process_time()
    sum(number * number for number in range(3_000_000))
    return min(SLOWEST, max(1.0, (time.process_time() - begin) / REFERENCE_SECONDS))


@contextmanager
def bounded(*, processor: float = PROCESSOR_SECONDS, wall: float = HANG_SECONDS) -> Iterator[None]:
    """Fail the test if the block takes longer. The pace is asked only after a block that would be too slow at full pace."""

    def ended(signum: int, _frame: FrameType | None) -> None:
        what = f"{processor} s of a quiet processor" if signum == signal.SIGVTALRM else f"{wall} s"
        raise AssertionError(f"this took more than {what}")

    most = processor * SLOWEST
    timers = ((signal.ITIMER_VIRTUAL, signal.SIGVTALRM, most), (signal.ITIMER_REAL, signal.SIGALRM, wall))
    before = [signal.signal(number, ended) for _, number, _ in timers]
    for timer, _, seconds in timers:
        signal.setitimer(timer, seconds)
    begin = os.times().user
    try:
        yield
    finally:
        for (timer, number, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
    taken = os.times().user - begin
    slower = pace() if taken > processor else 1.0
    assert taken <= processor * slower, (
        f"this took {taken:.1f} s of a processor {slower:.1f} times slower than a quiet one"
    )
