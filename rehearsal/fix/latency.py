"""Round trips in figures: percentiles of what was measured, with the first ones dropped."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = 16
WARM_UP = 0.1
"""Share of the samples that is dropped at the beginning: caches, TCP's slow start, the interpreter's first steps."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Microseconds. Percentiles are by nearest rank: each is a round trip that happened."""

    p50: int
    p99: int
    max: int
    n: int
    histogram: tuple[tuple[int, int], ...] = ()
    """Pairs of a bound in microseconds and how many were below it and not below the one before; sixteen bounds a decade."""


def figures(round_trips_ns: Sequence[int], *, warm_up: float = WARM_UP) -> Figures | None:
    """Figures of round trips in the order in which they were sent; None if none is left."""
    counted = sorted(round_trips_ns[math.ceil(len(round_trips_ns) * warm_up) if len(round_trips_ns) > 1 else 0 :])
    if not counted:
        return None
    return Figures(
        p50=_rank(counted, 50),
        p99=_rank(counted, 99),
        max=counted[-1] // 1000,
        n=len(counted),
        histogram=bars(counted),
    )


def bars(ordered: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """From the first bound that has one below it to the last, those between without any too."""
    steps = [math.floor(_STEPS * math.log10(max(1, one / 1000))) + 1 for one in ordered]
    counts = Counter(steps)
    return tuple((round(10 ** (step / _STEPS)), counts[step]) for step in range(min(counts), max(counts) + 1))


def _rank(ordered: Sequence[int], percent: int) -> int:
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] // 1000
