"""When a venue trades, when it is being maintained, when a client allows a restart; and when an alarm is muted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from model.base import Part
from model.values import EndOfDay, TimeOfDay, text_type, wrong

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


_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
MomentOfWeek = Annotated[
    str,
    AfterValidator(_in_small_letters),
    *text_type(f"({_ANY_CASE}) {_TIME}", "is not a day and a time of day", "write them as in 'sun 17:00'"),
]


class WeeklySession(Part):
    """A session that lasts for days. From a moment to the same moment is the whole week."""

    from_: MomentOfWeek = Field(
        alias="from", description="Day and local time at which it begins.", examples=["sun 17:00"]
    )
    to: MomentOfWeek = Field(description="Day and local time at which it ends.", examples=["fri 16:00"])
    timezone: TimeZone = Field(default="UTC", description="IANA time zone of both.", examples=["America/New_York"])

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)


def _which_session(value: Any) -> str:
    keys = value.keys() if isinstance(value, dict) else ()
    return "weekly" if isinstance(value, WeeklySession) or "from" in keys or "to" in keys else "daily"


Session = Annotated[
    Annotated[Window, Tag("daily")] | Annotated[WeeklySession, Tag("weekly")], Discriminator(_which_session)
]


class Break(Part):
    """A pause of each session, in the sessions' time zone. One that ends before it begins runs past midnight."""

    days: tuple[DayInAnyCase, ...] = Field(default=DAYS, min_length=1, description="The days on which it begins.")
    start: TimeOfDay = Field(description="Local time at which it begins.", examples=["12:00"])
    end: TimeOfDay = Field(description="Local time at which it ends.", examples=["13:00"])


def _date(value: Any) -> date:
    remedy = "write it in digits, such as 2026-12-25"
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != len("2026-12-25"):
        raise wrong("is not a date", remedy)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise wrong("is not a date", remedy) from None


Date = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Exchange = Annotated[
    str,
    *text_type("[A-Za-z0-9_/]{2,24}", "is not a calendar's name", "write one of exchange_calendars, such as XLON"),
]


class Special(Part):
    """Hours of one date, instead of the week's. Several entries may have one date. Maintenance gives way to them."""

    date: Date = Field(description="The date, in the sessions' time zone.", examples=["2026-12-24"])
    start: TimeOfDay = Field(description="Local time at which trading begins.", examples=["07:00"])
    end: EndOfDay = Field(description="Local time at which it ends; 24:00 is midnight.", examples=["12:30"])


class Calendar(Part):
    """The dates on which a venue trades at other hours than in its week. A date is from midnight to midnight."""

    until: Date = Field(description="The last day of which you know the dates.", examples=["2027-12-31"])
    exchange: Exchange | None = Field(
        default=None,
        description="The exchange in `exchange_calendars` (Python) from which `fixtunnel holidays` takes the dates.",
        examples=["XLON"],
    )
    closed: tuple[Date, ...] = Field(
        default=(), max_length=64, description="Dates without trading.", examples=[["2026-12-25"]]
    )
    special: tuple[Special, ...] = Field(
        default=(),
        max_length=32,
        description="Dates with hours of their own: a half day, a Saturday with trading.",
        examples=[[{"date": "2026-12-24", "start": "07:00", "end": "12:30"}]],
    )


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


def open_week(sessions: Sequence[Window | WeeklySession], breaks: Sequence[Break] = ()) -> tuple[tuple[int, int], ...]:
    """When sessions are open: minutes of the week at which a span begins (Monday 00:00 is 0), and how many it lasts."""
    minutes = bytearray(_WEEK)
    for session in sessions:
        for begin, length in _spans(session):
            _paint(minutes, begin, length, 1)
    for pause in breaks:
        for begin, length in _spans(pause):
            _paint(minutes, begin, length, 0)
    return tuple(_runs(minutes))


def _spans(one: Window | WeeklySession | Break) -> Iterator[tuple[int, int]]:
    if isinstance(one, WeeklySession):
        begin = _minute_of_week(one.from_)
        yield begin, (_minute_of_week(one.to) - begin) % _WEEK or _WEEK
        return
    length = (_minutes(one.end) - _minutes(one.start)) % _DAY
    yield from ((DAYS.index(day) * _DAY + _minutes(one.start), length) for day in one.days)


def _minute_of_week(text: str) -> int:
    day, time = text.split()
    return [*DAYS].index(day) * _DAY + _minutes(time)  # type: ignore[arg-type]


def _paint(minutes: bytearray, begin: int, length: int, value: int) -> None:
    for at in range(begin, begin + length):
        minutes[at % _WEEK] = value


def _runs(minutes: bytearray) -> Iterator[tuple[int, int]]:
    """Where it is 1 without a gap; one at the week's end goes on in the next."""
    if all(minutes):
        yield 0, _WEEK
        return
    for begin in (at for at in range(_WEEK) if minutes[at] and not minutes[at - 1]):
        yield begin, next(length for length in range(_WEEK) if not minutes[(begin + length) % _WEEK])


def quiet_spans(opens: Sequence[tuple[int, int]], timezone: str) -> tuple[Span, ...]:
    """The spans outside a venue's sessions: outside its `open_week`."""
    found = [piece for index in range(len(opens)) for piece in _between(opens, index)]
    return _merged(found, timezone)


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


def _between(opens: Sequence[tuple[int, int]], index: int) -> Iterator[tuple[int, int]]:
    """What lies between a session and the next, as minutes of the week and lengths."""
    begin = sum(opens[index])
    gap = (opens[(index + 1) % len(opens)][0] - begin) % _WEEK
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
