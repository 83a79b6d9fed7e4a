"""`fixtunnel holidays`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from model.calendar import Calendar, Special
from model.faults import InvalidInput
from model.load import Venues
from ops import completing
from ops.console import aside, show, show_json
from ops.failure import BadInput
from ops.files.checking import path_of
from ops.files.editing import write_calendar
from ops.files.exchange import Dates, dates_of, lines
from ops.options import AsJson
from ops.output import Holidays

EXAMPLE = "fixtunnel holidays lse-proquote --exchange XLON"
_A_YEAR = timedelta(days=365)


def holidays(
    context: typer.Context,
    venue: Annotated[str, typer.Argument(help="A venue file, or its name.", autocompletion=completing.files)],
    *,
    exchange: Annotated[
        str | None, typer.Option(help="The exchange in exchange_calendars; the file's own if not given.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="The last day, as 2027-12-31; in a year if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write an exchange's holidays into a venue file, from the package exchange_calendars.

    Holidays and sessions on days without trading are written; dates of the file that are not over stay. Half days are
    shown: whether the venue's session ends earlier then, the venue knows. Exit status 2: no such exchange.
    """
    settings, today = context.obj, datetime.now(UTC).date()
    path = path_of(venue, settings.venues, settings.venues)
    known = Venues(path.parent)
    content = known.get(path.stem)
    if content is None or content.model is None or any(fault.severity == "error" for fault in known.faults):
        raise InvalidInput(known.faults)
    before = content.model.calendar
    name = exchange or (before and before.exchange)
    if not name:
        raise BadInput(f"{path} names no exchange", advice="give --exchange, such as XLON")
    last = _last(until, today)
    found = dates_of(name, content.model, first=today, last=last)
    after = _laid_over(before, found, name)
    write_calendar(path, after)
    added = [day for day in after.closed if before is None or day not in before.closed]
    with aside(as_json=as_json):
        show(f"{path}: {len(after.closed)} dates without trading ({len(added)} new), known until {after.until}")
        for line in lines(found):
            show(line)
    if as_json:
        half = [day.isoformat() for day in sorted(found.half)]
        closed = [day.isoformat() for day in after.closed]
        show_json(
            asdict(Holidays(file=str(path), exchange=name, until=str(after.until), closed=closed, half_days=half))
        )


def _last(until: str | None, today: date) -> date:
    try:
        last = date.fromisoformat(until) if until else today + _A_YEAR
    except ValueError:
        raise BadInput(f"--until {until} is not a date", advice="write it in digits, such as 2027-12-31") from None
    if not today < last <= today + 3 * _A_YEAR:
        raise BadInput(
            f"--until {until} is not within the next three years",
            advice="exchanges say their dates a year or two before",
        )
    return last


def _laid_over(before: Calendar | None, found: Dates, exchange: str) -> Calendar:
    """The file's dates that are not over, and the exchange's. What the file says of a date counts."""
    own = [one for one in (before.special if before else ()) if one.date >= found.first]
    taken = {one.date for one in own}
    special = [*own, *(Special(date=d, start=a, end=b) for d, (a, b) in found.special.items() if d not in taken)]
    kept = [day for day in (before.closed if before else ()) if day >= found.first]
    closed = sorted({*kept, *(day for day in found.closed if day not in taken)})
    last = max([found.last, *closed, *(one.date for one in special)])
    return Calendar(until=last, exchange=exchange, closed=tuple(closed), special=tuple(special))
