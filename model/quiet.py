"""When nobody needs to be woken: the times between a venue's sessions, as spans that recur each week.

A span is a time of day and a length. Over a change of the clocks, on a weekend's night, a length leads to another time
of day; so each time between two sessions is two spans, and the one that ends at the opening begins that same morning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.calendar import DAYS, Day, Window

_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_MORNING = 180
"""Minutes before an opening at which its own span begins: after the hours in which clocks are changed, as a rule."""
_OVERLAP = 60


@dataclass(frozen=True, kw_only=True)
class Span:
    """From a local time on each of some days, for some minutes."""

    days: tuple[Day, ...]
    start: str
    minutes: int
    timezone: str


def quiet_spans(session: Window) -> tuple[Span, ...]:
    """The spans outside a venue's session."""
    opens = sorted(DAYS.index(day) * _DAY + _minutes(session.start) for day in session.days)
    length = (_minutes(session.end) - _minutes(session.start)) % _DAY
    found = [piece for index in range(len(opens)) for piece in _between(opens, index, length)]
    return _merged(found, session.timezone)


def maintenance_spans(windows: Sequence[Window]) -> tuple[Span, ...]:
    """The spans in which a venue may be away."""
    return tuple(
        Span(
            days=one.days,
            start=one.start,
            minutes=(_minutes(one.end) - _minutes(one.start)) % _DAY,
            timezone=one.timezone,
        )
        for one in windows
    )


def _between(opens: list[int], index: int, length: int) -> Iterator[tuple[int, int]]:
    """What lies between a session and the next, as minutes of the week and lengths."""
    begin = opens[index] + length
    gap = (opens[(index + 1) % len(opens)] - begin) % _WEEK
    if gap <= _MORNING + _OVERLAP:
        yield from [(begin, gap)] if gap else []
    else:
        yield begin, gap - _MORNING + _OVERLAP
        yield begin + gap - _MORNING, _MORNING


def _merged(found: list[tuple[int, int]], timezone: str) -> tuple[Span, ...]:
    """Those alike on several days as one."""
    days: dict[tuple[int, int], list[Day]] = {}
    for begin, length in found:
        days.setdefault((begin % _DAY, length), []).append(DAYS[begin % _WEEK // _DAY])
    return tuple(
        Span(
            days=tuple(sorted(on, key=DAYS.index)),
            start=f"{at // 60:02d}:{at % 60:02d}",
            minutes=length,
            timezone=timezone,
        )
        for (at, length), on in days.items()
    )


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return 60 * int(hours) + int(minutes)
