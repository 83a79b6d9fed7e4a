"""When a venue trades, and when a client allows a restart: one answer for the gateway, the operator's command and the alarms.

It is pure, and has the standard library only: a moment is a Unix time, and nothing is read but the time zones' rules. Times
are those of the wall clock: a session of 07:00 begins at 07:00 in summer and in winter.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as daytime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY, WEEK = 24 * 60, 7 * 24 * 60
"""Minutes."""
LOOKS_AHEAD_DAYS = 60
"""The longest closing that is looked past."""
WARNS_DAYS = 60
"""So long before its dates end a calendar is to be renewed."""
_HALF_HOUR = 1800
Span = tuple[int, int]
"""A minute at which something begins, and how many it lasts (of a week), or at which it ends (of a day)."""


@cache
def zone_of(name: str) -> ZoneInfo | None:
    """A time zone; None where it is unknown here (Debian 13 keeps former names in a package of its own)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


@dataclass(frozen=True)
class Window:
    """A span of the week: the days on which it begins, and two times of day (`hh:mm`) in an IANA time zone."""

    days: tuple[str, ...]
    start: str
    end: str
    timezone: str

    def is_open(self, at: float) -> bool:
        """Whether it is open at a Unix time. One that ends before it begins runs past midnight.

        In a time zone that this distribution does not know it never is: another one's would open it in somebody's session.
        """
        if self.zone is None:
            return False
        local = datetime.fromtimestamp(at, self.zone)
        clock = local.strftime("%H:%M")
        if self.start < self.end:
            return self._begins_on(local) and self.start <= clock < self.end
        began_yesterday = self._begins_on(local - timedelta(days=1)) and clock < self.end
        return began_yesterday or (self._begins_on(local) and clock >= self.start)

    def _begins_on(self, day: datetime) -> bool:
        return DAYS[day.weekday()] in self.days

    @property
    def zone(self) -> ZoneInfo | None:
        """Its time zone; None where it is unknown here."""
        return zone_of(self.timezone)


@dataclass(frozen=True)
class Week:
    """What recurs each week in a time zone: spans of minutes, counted from Monday 00:00. One may run into the next week."""

    timezone: str
    spans: tuple[Span, ...]

    def holds(self, local: datetime) -> bool:
        """Whether a moment of this time zone lies in one of the spans."""
        minute = local.weekday() * DAY + _minute(local)
        return any((minute - begin) % WEEK < length for begin, length in self.spans)

    @property
    def edges(self) -> frozenset[int]:
        """The minutes of a day at which one begins or ends."""
        return frozenset(at % DAY for begin, length in self.spans for at in (begin, begin + length))


@dataclass(frozen=True)
class Hours:
    """When a venue trades.

    On a date of `closed` it does not; on one of `special` (spans of that day's minutes) only then; on any other as in its
    `week`, but not while it is `away` for maintenance. `until` is the last day of which the dates are known; None without
    dates. A day is the week's time zone's, from midnight to midnight.
    """

    week: Week
    away: tuple[Week, ...] = ()
    closed: frozenset[date] = frozenset()
    special: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    until: date | None = None

    def is_open(self, at: float) -> bool:
        """Whether it trades at a Unix time. In a time zone that is unknown here it may: then nothing of its is disturbed."""
        if (local := self._local(at)) is None:
            return True
        if local.date() in self.special:
            return self._is_special(local)
        return local.date() not in self.closed and self.week.holds(local) and not self._is_away(at)

    def is_special(self, at: float) -> bool:
        """Whether it trades by a date of its own: no window that recurs each week knew of that.

        In a time zone that is unknown here it may on the day before and after too.
        """
        if (local := self._local(at)) is None:
            return any(abs((day - datetime.fromtimestamp(at, UTC).date()).days) <= 1 for day in self.special)
        return self._is_special(local)

    def next_change(self, at: float) -> float | None:
        """The Unix time after `at` at which it opens or closes; None if that is not within `LOOKS_AHEAD_DAYS`."""
        is_open = self.is_open(at)
        return next((one for one in self._edges(at) if self.is_open(one) != is_open), None)

    def days_known(self, at: float) -> int | None:
        """For how many days from `at` its dates are known, 0 on the last and negative after it; None without dates."""
        today = self._local(at) or datetime.fromtimestamp(at, UTC)
        return None if self.until is None else (self.until - today.date()).days

    @property
    def zone(self) -> ZoneInfo | None:
        """The time zone of its days; None where it is unknown here."""
        return zone_of(self.week.timezone)

    def _local(self, at: float) -> datetime | None:
        return datetime.fromtimestamp(at, self.zone) if self.zone else None

    def _is_special(self, local: datetime) -> bool:
        return any(begin <= _minute(local) < end for begin, end in self.special.get(local.date(), ()))

    def _is_away(self, at: float) -> bool:
        known = ((one, zone_of(one.timezone)) for one in self.away)
        return any(zone is not None and one.holds(datetime.fromtimestamp(at, zone)) for one, zone in known)

    def _edges(self, at: float) -> Iterator[float]:
        """Each moment after `at` at which it could change, in order: times of day, and where clocks may be put on or back."""
        first = int(at) // _HALF_HOUR * _HALF_HOUR
        for begin in range(first, first + LOOKS_AHEAD_DAYS * 86400, 86400):
            halves = range(begin, begin + 86400, _HALF_HOUR)
            times = (one for one in self._times(begin) if begin <= one < begin + 86400)
            yield from sorted(one for one in {*halves, *times} if one > at)

    def _times(self, begin: float) -> Iterator[float]:
        """The times of day of a Unix time's day and of those beside it, in each time zone."""
        own = {edge for spans in self.special.values() for span in spans for edge in span}
        edges = {self.week.timezone: {0, *self.week.edges, *(edge % DAY for edge in own)}}
        for one in self.away:
            edges[one.timezone] = edges.get(one.timezone, set()) | one.edges
        for name, minutes in edges.items():
            if zone := zone_of(name):
                today = datetime.fromtimestamp(begin, zone).date()
                yield from (moment(today + timedelta(days=n), one, zone) for n in (-1, 0, 1, 2) for one in minutes)


def moment(day: date, minute: int, zone: ZoneInfo) -> float:
    """The Unix time of a minute of a day, which may be 1440: the next day's first one."""
    on = day + timedelta(days=minute // DAY)
    return datetime.combine(on, daytime(minute % DAY // 60, minute % 60), zone).timestamp()


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute


def written(hours: Hours) -> Any:
    """As the gateway reads them (`contract.VenueHours`)."""
    return {
        "timezone": hours.week.timezone,
        "week": [list(span) for span in hours.week.spans],
        "away": [[one.timezone, [list(span) for span in one.spans]] for one in hours.away],
        "closed": [day.isoformat() for day in sorted(hours.closed)],
        "special": [[day.isoformat(), *span] for day, spans in sorted(hours.special.items()) for span in spans],
        "until": hours.until.isoformat() if hours.until else None,
    }


def parsed(raw: Mapping[str, Any]) -> Hours:
    """From what `written` made.

    Raises:
        ValueError, KeyError, TypeError: it is not that.
    """
    special: dict[date, tuple[Span, ...]] = {}
    for day, begin, end in raw["special"]:
        on = date.fromisoformat(day)
        special[on] = (*special.get(on, ()), (int(begin), int(end)))
    return Hours(
        week=Week(str(raw["timezone"]), _spans(raw["week"])),
        away=tuple(Week(str(zone), _spans(spans)) for zone, spans in raw["away"]),
        closed=frozenset(map(date.fromisoformat, raw["closed"])),
        special=special,
        until=date.fromisoformat(raw["until"]) if raw["until"] else None,
    )


def _spans(raw: Sequence[Sequence[Any]]) -> tuple[Span, ...]:
    return tuple((int(begin), int(length)) for begin, length in raw)
