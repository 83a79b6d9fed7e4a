"""What must hold between the values of a venue's hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from model.calendar import Break, WeeklySession, Window, clock
from model.faults import Fault, Path
from model.rules import Rule
from model.source import Source
from model.venue import Venue


def _windows(venue: Venue, source: Source) -> Iterator[Fault]:
    """From a time to the same time: nothing, or a whole day?"""
    sessions: list[tuple[Path, Window | WeeklySession]] = [(("session",), venue.session)]
    sessions += [(("more_sessions", index), one) for index, one in enumerate(venue.more_sessions)]
    for path, session in sessions:
        if isinstance(session, Window) and session.start == session.end:
            message = (
                "equals the start; for whole days write from and to, as in {from: mon 00:00, to: sat 00:00}; "
                "as an answer or an option 'sun 17:00 - fri 17:00 ZONE'"
            )
            yield source.fault((*path, "end"), message)
    others: list[tuple[Path, Window | Break]] = [(("maintenance", n), one) for n, one in enumerate(venue.maintenance)]
    others += [(("breaks", n), one) for n, one in enumerate(venue.breaks)]
    for path, span in others:
        if span.start == span.end:
            yield source.fault((*path, "end"), "equals the start; for a whole day end a minute earlier (23:59)")


def _zones(venue: Venue, source: Source) -> Iterator[Fault]:
    """Breaks and dates are in the sessions' time zone, so that is one."""
    for index, session in enumerate(venue.more_sessions):
        if clock(session.zone) != clock(venue.session.zone):
            message = f"is not the one of session; write timezone: {venue.session.timezone}, and its times in it"
            yield source.fault(("more_sessions", index, "timezone"), message)


def _never_open(venue: Venue, source: Source) -> Iterator[Fault]:
    if venue.breaks and not venue.open_week:
        yield source.fault(("breaks",), "leave nothing of the sessions; check both")


def _dates(venue: Venue, source: Source) -> Iterator[Fault]:
    """What is after `until` may not be all there is."""
    calendar = venue.calendar
    if calendar is None:
        return
    seen: set[date] = set()
    for index, day in enumerate(calendar.closed):
        path = ("calendar", "closed", index)
        if day in seen:
            yield source.fault(path, "is here twice; leave one out")
        if day > calendar.until:
            yield source.fault(path, f"is after until, {calendar.until}; write a later until, if you know all dates")
        seen.add(day)
    for index, one in enumerate(calendar.special):
        where = ("calendar", "special", index)
        if one.date in seen:
            yield source.fault((*where, "date"), "is in closed too; leave it out there")
        if one.date > calendar.until:
            message = f"is after until, {calendar.until}; write a later until, if you know all dates"
            yield source.fault((*where, "date"), message)
        if one.end <= one.start:
            message = "is not after the start; hours past midnight are an entry of each date, and 24:00 is its end"
            yield source.fault((*where, "end"), message)


_SESSIONS = ("session", "more_sessions")
CALENDAR_RULES = (
    Rule(_windows, ("session.start", "session.end", "more_sessions", "maintenance", "breaks")),
    Rule(_zones, ("session.timezone", "more_sessions")),
    Rule(_never_open, (*_SESSIONS, "breaks")),
    Rule(_dates, ("calendar",)),
)
