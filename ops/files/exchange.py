"""The dates of an exchange, from the package `exchange_calendars`: an extra of its own, since it brings pandas and numpy.

https://github.com/gerrymanoim/exchange_calendars. It is asked here, on the operator's side, and nowhere else: the dates that it
says go into the venue file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from model.faults import nearest
from model.venue import Venue
from ops.failure import BadInput, Failure

PACKAGE = "exchange_calendars"
_DAY = 24 * 60
_WEEK = 7 * _DAY


@dataclass(frozen=True, kw_only=True)
class Dates:
    """What an exchange says of the days from `first` to `last`, for a venue's week.

    `closed` are days of the week on which both trade, and the exchange does not; `special` the hours of days of the week
    without trading on which it does, as start and end; `half` the days that end early or begin late, with its hours.
    """

    first: date
    last: date
    closed: tuple[date, ...]
    special: Mapping[date, tuple[str, str]]
    half: Mapping[date, tuple[str, str]]


def dates_of(exchange: str, venue: Venue, *, first: date, last: date) -> Dates:
    """Ask the package.

    Raises:
        Failure: it is not installed, or knows no dates so far.
        BadInput: it has no such exchange.
    """
    calendar = _calendar(exchange, first, last)
    sessions = {one.date(): one for one in calendar.sessions if first <= one.date() <= last}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    usual = {n for n, is_open in enumerate(calendar.weekmask) if is_open == "1"}
    odd = {one.date() for one in (*calendar.early_closes, *calendar.late_opens)}
    zone = venue.session.zone
    return Dates(
        first=first,
        last=last,
        closed=tuple(d for d in days if d.weekday() in usual and d not in sessions and _is_traded(venue, d)),
        special={d: _hours(calendar, one, zone) for d, one in sessions.items() if not _is_traded(venue, d)},
        half={d: _hours(calendar, one, zone) for d, one in sessions.items() if d in odd and _is_traded(venue, d)},
    )


def _calendar(exchange: str, first: date, last: date) -> Any:
    try:
        package: Any = import_module(PACKAGE)
    except ImportError:
        advice = "install it beside the command: pip install 'fixtunnel[calendars]'; or write the dates yourself"
        raise Failure(f"the Python package {PACKAGE} is not here", advice=advice) from None
    known = package.get_calendar_names(include_aliases=True)
    if exchange not in known:
        raise BadInput(f"{PACKAGE} has no exchange {exchange}", advice=nearest(exchange, known))
    try:
        # Two weeks more on each side: a calendar begins and ends with a session.
        return package.get_calendar(exchange, start=first - timedelta(days=14), end=last + timedelta(days=14))
    except ValueError as error:
        advice = "ask for fewer days with --until"
        raise Failure(
            f"{PACKAGE} knows no dates of {exchange} until {last}", evidence=str(error), advice=advice
        ) from None


def _is_traded(venue: Venue, day: date) -> bool:
    """Whether the venue's week has trading on this day of the week."""
    begin = day.weekday() * _DAY
    return any((begin - at) % _WEEK < length or (at - begin) % _WEEK < _DAY for at, length in venue.open_week)


def _hours(calendar: Any, session: Any, zone: ZoneInfo) -> tuple[str, str]:
    """Of a session, in the venue's time zone, and cut to its day."""
    day = session.date()
    begin, end = (one[session].to_pydatetime().astimezone(zone) for one in (calendar.opens, calendar.closes))
    return (f"{begin:%H:%M}" if begin.date() == day else "00:00", f"{end:%H:%M}" if end.date() == day else "24:00")


def lines(dates: Dates) -> Iterator[str]:
    """The dates that a person has to decide about."""
    for day, (start, end) in sorted(dates.half.items()):
        hours = f"half a day on {day:%a} {day}, {start} to {end} at the exchange"
        yield f"{hours}; write it under special if the venue's session ends then"
