"""The mute rules of a venue: some recur each week, some hold once.

Mute rules add up: none unmutes what another one mutes. So a rule that would mute a special opening ends before that week and
begins again after it, and what is left of that week's silence is muted once (docs/decisions/0017-a-calendar-with-dates.md).
A venue without dates has the weekly rules alone, and they are the same on every day.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from model.calendar import DAYS, Span, maintenance_spans, quiet_spans
from model.venue import Venue
from userdata.hours import Hours, hours_of, moment

Kind = Literal["closed", "maintenance"]
Stretch = tuple[float, float]
"""From a Unix time to another."""
_MOST_DAYS = 14
"""Of one rule; AWS takes 15 (CloudWatch API Reference, Schedule)."""


@dataclass(frozen=True, kw_only=True)
class Mute:
    """A rule. `name` is its own among its venue's; `starts` and `expires` are local times of its time zone."""

    name: str
    kind: Kind
    words: str
    expression: str
    minutes: int
    timezone: str
    starts: str | None = None
    expires: str | None = None


@dataclass(frozen=True)
class _Weekly:
    """A span that recurs, with what it would mute in the weeks around the venue's dates."""

    name: str
    kind: Kind
    span: Span
    stretches: tuple[Stretch, ...]

    def hits(self, opens: Sequence[Stretch]) -> list[int]:
        """Which of them would mute a special opening."""
        return [n for n, one in enumerate(self.stretches) if any(_meet(one, other) for other in opens)]


def mutes(venue: Venue, *, today: date) -> Iterator[Mute]:
    """The rules of a venue, without what is over: AWS does not say whether it takes a rule whose time has passed."""
    hours = hours_of(venue)
    weekly = [*_weekly("closed", quiet_spans(venue.open_week, venue.session.timezone), hours)]
    weekly += _weekly("maintenance", maintenance_spans(venue.maintenance), hours)
    opens = _special_openings(hours)
    for one in weekly:
        yield from _recurring(one, opens, today)
    yield from _once(hours, weekly, opens, today)


def _weekly(kind: Kind, spans: Sequence[Span], hours: Hours) -> Iterator[_Weekly]:
    for number, span in enumerate(spans):
        yield _Weekly(f"{kind.capitalize()}{number}", kind, span, tuple(_stretches(span, hours)))


def _stretches(span: Span, hours: Hours) -> Iterator[Stretch]:
    """The span in each week that the dates could touch, and in one before and after: none for a venue without dates."""
    dates = sorted((*hours.closed, *hours.special))
    if not dates:
        return
    zone, clock = ZoneInfo(span.timezone), _minutes(span.start)
    for n in range((dates[-1] - dates[0]).days + 43):
        day = dates[0] + timedelta(days=n - 21)
        if DAYS[day.weekday()] in span.days:
            begin = moment(day, clock, zone)
            yield begin, begin + 60 * span.minutes


def _special_openings(hours: Hours) -> list[Stretch]:
    zone = ZoneInfo(hours.week.timezone)
    return _joined(
        (moment(day, a, zone), moment(day, b, zone)) for day, spans in hours.special.items() for a, b in spans
    )


def _recurring(one: _Weekly, opens: Sequence[Stretch], today: date) -> Iterator[Mute]:
    """The rule; or where special openings lie in it, the rule of each time between them."""
    edges = [None, *(_around(one, n) for n in one.hits(opens)), None]
    for number, (before, after) in enumerate(pairwise(edges)):
        starts, expires = before and before[1], after and after[0]
        if (expires and expires <= _midnight(today)) or not _has_any(one, starts, expires):
            continue
        starts = starts if starts and starts > _midnight(today) else None
        yield Mute(
            # The first that is not over has the rule's own name, so that it changes in place when another one ends.
            name=one.name if starts is None else f"{one.name}After{number}",
            kind=one.kind,
            words=one.kind,
            expression=_cron(one.span),
            minutes=one.span.minutes,
            timezone=one.span.timezone,
            starts=_local(starts, one.span.timezone),
            expires=_local(expires, one.span.timezone),
        )


def _around(one: _Weekly, n: int) -> tuple[float, float]:
    """When the rule ends before its n-th stretch, and begins again after it.

    Each in the middle between two stretches: AWS does not say in which time zone it reads them, nor whether a rule that
    expires ends what it has begun; in the middle neither matters for a rule that is quiet for a day.
    """
    (_, last), (begin, end), (following, _) = one.stretches[n - 1 : n + 2]
    return min((last + begin) / 2, begin - 60), max((end + following) / 2, end)


def _has_any(one: _Weekly, starts: float | None, expires: float | None) -> bool:
    """Whether it recurs at all between two special openings."""
    if starts is None or expires is None:
        return True
    return any(starts <= begin < expires for begin, _ in one.stretches)


def _once(hours: Hours, weekly: Sequence[_Weekly], opens: Sequence[Stretch], today: date) -> Iterator[Mute]:
    """What no weekly rule mutes: the dates without trading, and what is left around special openings."""
    zone = ZoneInfo(hours.week.timezone)
    days = [(moment(day, 0, zone), moment(day, 24 * 60, zone)) for day in (*hours.closed, *hours.special)]
    hit = {one.name: one.hits(opens) for one in weekly}
    left = [stretch for one in weekly for n, stretch in enumerate(one.stretches) if n in hit[one.name]]
    kept = [stretch for one in weekly for n, stretch in enumerate(one.stretches) if n not in hit[one.name]]
    for begin, end in _cut(_without(_joined([*days, *left]), _joined([*opens, *kept]))):
        if end > _midnight(today):
            at = datetime.fromtimestamp(begin, UTC)
            yield Mute(
                name=f"Date{at:%Y%m%d%H%M}",
                kind="closed",
                words=f"closed on {datetime.fromtimestamp(begin, zone):%Y-%m-%d}",
                expression=f"at({at:%Y-%m-%dT%H:%M})",
                minutes=round((end - begin) / 60),
                timezone="UTC",
            )


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """In order, those that touch as one."""
    found: list[Stretch] = []
    for begin, end in sorted(stretches):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def _without(stretches: Sequence[Stretch], holes: Sequence[Stretch]) -> Iterator[Stretch]:
    """What of them lies in none of the holes, which are in order."""
    for begin, end in stretches:
        inside = [hole for hole in holes if _meet((begin, end), hole)]
        starts = [begin, *(last for _, last in inside)]
        ends = [*(first for first, _ in inside), end]
        yield from ((first, last) for first, last in zip(starts, ends, strict=True) if first < last)


def _cut(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Each as long as one rule may be."""
    most = 86400 * _MOST_DAYS
    for begin, end in stretches:
        pieces = math.ceil((end - begin) / most)
        yield from ((begin + n * most, min(begin + (n + 1) * most, end)) for n in range(pieces))


def _meet(one: Stretch, other: Stretch) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _local(at: float | None, timezone: str) -> str | None:
    """As the schema has it: of the schedule's time zone."""
    return None if at is None else f"{datetime.fromtimestamp(at, ZoneInfo(timezone)):%Y-%m-%dT%H:%M}"


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return 60 * int(hours) + int(minutes)


def _cron(span: Span) -> str:
    minutes = _minutes(span.start)
    days = ",".join(day.upper() for day in span.days)
    return f"cron({minutes % 60} {minutes // 60} * * {days})"
