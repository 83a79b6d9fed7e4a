"""When a venue trades, decided as the gateway decides it: the file lies with the program, which ships it."""

from __future__ import annotations

from datetime import date

from model.calendar import Special, open_week
from model.venue import Venue
from userdata.files.usr.lib.fixtunnel.fixtunnel.hours import *  # noqa: F403
from userdata.files.usr.lib.fixtunnel.fixtunnel.hours import DAY, Hours, Span, Week


def hours_of(venue: Venue) -> Hours:
    """A venue's hours, from its file."""
    calendar = venue.calendar
    return Hours(
        week=Week(venue.session.timezone, venue.open_week),
        away=tuple(Week(one.timezone, open_week([one])) for one in venue.maintenance),
        closed=frozenset(calendar.closed if calendar else ()),
        special=_special(calendar.special if calendar else ()),
        until=calendar.until if calendar else None,
    )


def _special(entries: tuple[Special, ...]) -> dict[date, tuple[Span, ...]]:
    found: dict[date, tuple[Span, ...]] = {}
    for one in entries:
        found[one.date] = (*found.get(one.date, ()), (_minutes(one.start), _minutes(one.end)))
    return found


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return min(60 * int(hours) + int(minutes), DAY)
