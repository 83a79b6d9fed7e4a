"""When a venue trades, when it is being maintained, when a client allows a restart; and when an alarm is muted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from model.base import Part
from model.values import TimeOfDay, wrong

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
WORKING_WEEK = DAYS[:5]


def _in_small_letters(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


_ANY_CASE = "|".join("".join(f"[{sign.upper()}{sign}]" for sign in day) for day in DAYS)
# An editor offers the words, and takes them in any case, as we do.
_SCHEMA = {"anyOf": [{"type": "string", "enum": list(DAYS)}, {"type": "string", "pattern": f"^({_ANY_CASE})$"}]}
DayInAnyCase = Annotated[Day, BeforeValidator(_in_small_letters), WithJsonSchema(_SCHEMA)]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: Any) -> str:
    if value not in _zones():
        raise wrong("is not a time zone", "write a name of the IANA database, such as Europe/London")
    return str(value)


TimeZone = Annotated[str, AfterValidator(_zone)]


@cache
def clock(zone: ZoneInfo) -> tuple[timedelta | None, ...]:
    """What a zone's clocks show beside UTC in each hour of the coming year: alike in zones that differ in name alone."""
    now = datetime.now(UTC)
    return tuple((now + timedelta(hours=hour)).astimezone(zone).utcoffset() for hour in range(366 * 24))


class Window(Part):
    """A span of the week. One that ends before it begins runs past midnight."""

    days: tuple[DayInAnyCase, ...] = Field(
        default=WORKING_WEEK, min_length=1, description="The days on which it begins."
    )
    start: TimeOfDay = Field(description="Local time at which it begins.", examples=["07:00"])
    end: TimeOfDay = Field(description="Local time at which it ends.", examples=["17:30"])
    timezone: TimeZone = Field(default="UTC", description="IANA time zone of both times.", examples=["Europe/London"])

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)


_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_MORNING = 180
"""Minutes before an opening at which its own span begins: after the hours in which clocks are changed, as a rule."""
_OVERLAP = 60


@dataclass(frozen=True, kw_only=True)
class Span:
    """From a local time on each of some days, for some minutes: as it recurs each week.

    Over a change of the clocks, on a weekend's night, a length leads to another time of day; so each time between two sessions
    is two spans, and the one that ends at the opening begins that same morning.
    """

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


def weekly_moment(window: Window, *, year: int) -> tuple[Day, str]:
    """A day and a time in UTC that lie in the first span of a window, in summer as in winter if it lasts an hour or more.

    The middle of the span at the mean of the zone's offsets, for what knows no other time zone.
    """
    length = (_minutes(window.end) - _minutes(window.start)) % _DAY or _DAY
    noons = (datetime(year, month, 1, 12, tzinfo=UTC) for month in range(1, 13))
    offsets = [(noon.astimezone(window.zone).utcoffset() or timedelta()) // timedelta(minutes=1) for noon in noons]
    mean = (min(offsets) + max(offsets)) // 2
    first = min(window.days, key=DAYS.index)
    at = (DAYS.index(first) * _DAY + _minutes(window.start) + length // 2 - mean) % _WEEK
    return DAYS[at // _DAY], f"{at % _DAY // 60:02d}:{at % 60:02d}"


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
