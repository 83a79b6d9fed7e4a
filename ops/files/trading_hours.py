"""A venue's hours in words: what `check` understood of its calendar, and whether it trades now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from model.calendar import DAYS, WeeklySession, Window, clock
from model.venue import Venue
from ops.duration import ago
from userdata.hours import WARNS_DAYS, hours_of

_MOST_DATES = 5
_SHOWN_DAYS = 366


def in_words(venue: Venue, at: datetime) -> str:
    """One line: the week, now, and the next dates."""
    parts = [f"open {week_in_words(venue)}", now_in_words(venue, at), *_dates(venue, at), *_remarks(venue)]
    return f"{venue.name}: {'; '.join(parts)}"


def week_in_words(venue: Venue) -> str:
    """`Mon to Fri 07:00 to 17:30, New York`."""
    breaks = [f"{days_in_words(one.days)} {one.start} to {one.end}" for one in venue.breaks]
    sessions = ", and ".join(map(_session, venue.sessions))
    without = f", but not {', and not '.join(breaks)}" if breaks else ""
    return f"{sessions}{without} ({_place(venue.session.timezone)} time)"


def _session(one: Window | WeeklySession) -> str:
    if isinstance(one, WeeklySession):
        is_all = one.from_ == one.to
        return "all week" if is_all else f"{one.from_.capitalize()} to {one.to.capitalize()}"
    return f"{days_in_words(one.days)} {one.start} to {one.end}"


def days_in_words(days: Sequence[str]) -> str:
    """`Mon to Fri`, or one by one."""
    order = sorted(DAYS.index(day) for day in dict.fromkeys(days))
    names = [DAYS[number].capitalize() for number in order]
    if len(order) == len(DAYS):
        return "every day"
    is_run = len(order) > 2 and order[-1] - order[0] == len(order) - 1
    return f"{names[0]} to {names[-1]}" if is_run else ", ".join(names)


def _place(timezone: str) -> str:
    return timezone.rpartition("/")[2].replace("_", " ")


def now_in_words(venue: Venue, at: datetime) -> str:
    """`now open, closes in 8 h`."""
    hours = hours_of(venue)
    is_open, change = hours.is_open(at.timestamp()), hours.next_change(at.timestamp())
    turns = "" if change is None else f", {'closes' if is_open else 'opens'} in {ago(round(change - at.timestamp()))}"
    return f"now {'open' if is_open else 'closed'}{turns or ' for as far as we see'}"


def _dates(venue: Venue, at: datetime) -> Iterator[str]:
    calendar, today = venue.calendar, at.astimezone(venue.session.zone).date()
    if calendar is None:
        return
    until = today + timedelta(days=_SHOWN_DAYS)
    closed = sorted(day for day in calendar.closed if today <= day < until)
    if closed:
        yield f"closed on {_listed([_day(day) for day in closed])}"
    special = sorted((one.date, one.start, one.end) for one in calendar.special if today <= one.date < until)
    if special:
        yield f"open on {_listed([f'{_day(day)} {start} to {end}' for day, start, end in special])}"
    yield f"dates are known until {_day(calendar.until)} {calendar.until.year}"


def _listed(words: Sequence[str]) -> str:
    more = len(words) - _MOST_DATES
    return ", ".join(words[:_MOST_DATES]) + (f" and {more} more" if more > 0 else "")


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"


def _remarks(venue: Venue) -> Iterator[str]:
    if len(set(clock(venue.session.zone))) == 1:
        yield f"{_place(venue.session.timezone)} has no summer time: is that the venue's clock?"


def dates_end(venue: Venue, at: datetime) -> str | None:
    """What is wrong with the end of a venue's dates; None while they are known for long enough."""
    days = hours_of(venue).days_known(at.timestamp())
    if days is None or days > WARNS_DAYS:
        return None
    when = "is over" if days < 0 else f"is in {days} days"
    return (
        f"{when}: after it alarms ring on a holiday, and a special session is not known; write the venue's next dates, "
        "and deploy"
    )
