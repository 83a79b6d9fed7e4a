"""How a play went, second by second: from the trader's book and the gateway's own words."""

from __future__ import annotations

import math
import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rehearsal.faults.witness import Saying
from rehearsal.report import Course, Since, States

BEFORE_S = 5
"""Seconds that are shown before the fault."""
_SILENT_S = 1.0
Moments = Sequence[tuple[str, float]]


def course(moments: Moments, *, began: float, lifted: float, tunnel: str, sayings: Iterable[Saying]) -> Course | None:
    """From some seconds before the fault to the last order; None if no order was sent. Moments are of one clock."""
    told = [(event, at - began) for event, at in moments if at >= began - BEFORE_S]
    sent, reported = ([at for event, at in told if event == which] for which in ("sent", "reported"))
    if not sent:
        return None
    end = max(*sent, *reported, lifted - began)
    return Course(
        begins=-BEFORE_S,
        sent=_each_second(sent, end),
        reported=_each_second(reported, end),
        lifted=round(lifted - began, 1),
        tunnel=_tunnel(tunnel, sayings),
        tcp=tuple(_answers(sent, reported, end)),
        fix=_fix(told),
    )


def _each_second(moments: Iterable[float], end: float) -> tuple[int, ...]:
    counts = Counter(math.floor(at) for at in moments)
    return tuple(counts[second] for second in range(-BEFORE_S, math.ceil(end)))


def _tunnel(name: str, sayings: Iterable[Saying]) -> States:
    """The watch says each state as it comes: `Northbridge: down`. A fault befalls a tunnel that is up."""
    states = [(one.at, re.fullmatch(rf"{re.escape(name)}: ([a-z-]+)", one.text)) for one in sayings if one.ours]
    return (_since(-BEFORE_S, "up"), *(_since(at, found[1]) for at, found in states if found))


def _since(at: float, state: str) -> Since:
    return Since(at=round(float(at), 1), state=state)


def _answers(sent: Sequence[float], reported: Sequence[float], end: float) -> Iterator[Since]:
    """TCP is silent while an order waits for any report. A session at rest has none to wait for."""
    yield _since(-BEFORE_S, "answers")
    for last, after in zip(reported, [*reported[1:], end], strict=True):
        begun = next(iter(sent[bisect(sent, last) :]), end)
        if after - begun > _SILENT_S:
            yield _since(begun, "silent")
            if after < end:
                yield _since(after, "answers")


def _fix(told: Moments) -> States:
    """A fault befalls a session that is logged on."""
    states = {"logon": "on", "logout": "off"}
    return (_since(-BEFORE_S, "on"), *(_since(at, states[event]) for event, at in told if event in states))
