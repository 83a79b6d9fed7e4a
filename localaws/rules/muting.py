"""What CloudWatch takes for a mute rule, and what it mutes then.

CloudWatch API Reference, PutAlarmMuteRule, Schedule and MuteTargets: `cron(Minutes Hours Day-of-month Month Day-of-week)` with
`*`, `-` and `,`, or `at(yyyy-MM-ddThh:mm)`; one minute to 15 days; 100 alarms at most, which must be there; the time zone is that
of the expression, of the start and of the expiry. Rules add up: an alarm is muted while any rule mutes it.

AWS does not say whether a rule that expires ends a stretch that has begun, nor whether one that starts takes up a stretch
that has begun. `mutes` takes the answer that its caller gives, so that a test can ask for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

SOURCE = "CloudWatch API Reference, PutAlarmMuteRule"
MOST_ALARMS, MOST_MINUTES = 100, 15 * 24 * 60
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+)\)")
_AT = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})\)")
_DURATION = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?)?")
_FIELDS = (
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("days of the month", 1, 31, ()),
    ("months", 1, 12, _MONTHS),
    ("days of the week", 0, 7, _DAYS),
)
Properties = Mapping[str, Any]


def faults(properties: Properties) -> Iterator[str]:
    """What AWS refuses of a rule."""
    schedule = properties["Rule"]["Schedule"]
    zone = schedule.get("Timezone", "UTC")
    found = [*_of_expression(schedule["Expression"])]
    if not 1 <= _minutes(schedule["Duration"]) <= MOST_MINUTES:
        found.append(f"Duration {schedule['Duration']} is not from PT1M to P15D")
    if zone not in available_timezones():
        found.append(f"Timezone {zone} is none")
    if len(properties.get("MuteTargets", {}).get("AlarmNames", [])) > MOST_ALARMS:
        found.append(f"more than {MOST_ALARMS} alarms")
    found += _of_dates(properties)
    yield from (f"{one} (AWS: {SOURCE})" for one in found)


def _of_expression(expression: str) -> Iterator[str]:
    if at := _AT.fullmatch(expression):
        try:
            datetime.fromisoformat(at[1])
        except ValueError:
            yield f"{expression} is no moment"
    elif cron := _CRON.fullmatch(expression):
        for (name, least, most, names), text in zip(_FIELDS, cron.groups(), strict=True):
            if _values(text, least, most, names) is None:
                yield f"{expression}: {text} are no {name}"
    else:
        yield f"{expression} is no cron(…) of five fields, and no at(yyyy-MM-ddThh:mm)"


def _of_dates(properties: Properties) -> Iterator[str]:
    given = {key: properties[key] for key in ("StartDate", "ExpireDate") if key in properties}
    try:
        moments = {key: datetime.fromisoformat(text) for key, text in given.items()}
    except ValueError:
        yield f"{' or '.join(given.values())} is no ISO 8601"
        return
    if len(moments) == 2 and moments["StartDate"] >= moments["ExpireDate"]:
        yield f"ExpireDate {given['ExpireDate']} is not after StartDate {given['StartDate']}"


def _values(text: str, least: int, most: int, names: tuple[str, ...]) -> frozenset[int] | None:
    """What a field of cron stands for; None where it is none."""
    found: set[int] = set()
    for part in text.split(","):
        ends = [_number(end, least, names) for end in part.split("-")]
        if part == "*":
            found |= set(range(least, most + 1))
        elif len(ends) <= 2 and all(end is not None and least <= end <= most for end in ends):
            found |= set(range(ends[0] or 0, (ends[-1] or 0) + 1))
        else:
            return None
    return frozenset(found)


def _number(text: str, least: int, names: tuple[str, ...]) -> int | None:
    """Of the days of the week Sunday is 0, and the names' first is Monday."""
    if text in names:
        return (names.index(text) + 1) % 7 if names is _DAYS else names.index(text) + least
    return int(text) if text.isdecimal() else None


def _minutes(duration: str) -> int:
    """Of an ISO 8601 duration; 0 of what is none."""
    match = _DURATION.fullmatch(duration)
    days, hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return days * 1440 + hours * 60 + minutes


def mutes(properties: Properties, at: datetime, *, cuts: bool) -> bool:
    """Whether a rule mutes at a moment. `cuts`: start and expiry cut a stretch short; else they decide on its beginning."""
    schedule = properties["Rule"]["Schedule"]
    zone, length = ZoneInfo(schedule.get("Timezone", "UTC")), timedelta(minutes=_minutes(schedule["Duration"]))
    starts, expires = (_moment(properties.get(key), zone) for key in ("StartDate", "ExpireDate"))
    for begin in _beginnings(schedule["Expression"], zone, at, length):
        decides = at if cuts else begin
        if begin <= at < begin + length and (not starts or starts <= decides) and (not expires or decides < expires):
            return True
    return False


def _moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) if text else None


def _beginnings(expression: str, zone: ZoneInfo, at: datetime, length: timedelta) -> Iterator[datetime]:
    """The moments before `at` at which it activates, as far back as the length reaches."""
    if once := _AT.fullmatch(expression):
        yield datetime.fromisoformat(once[1]).replace(tzinfo=zone).astimezone(UTC)
        return
    cron = _CRON.fullmatch(expression)
    assert cron, expression
    fields = [
        _values(text, least, most, names) or ()
        for (_, least, most, names), text in zip(_FIELDS, cron.groups(), strict=True)
    ]
    minutes, hours, month_days, months, days = fields
    for back in range(length.days + 3):
        day = at.astimezone(zone).date() - timedelta(days=back)
        if day.day in month_days and day.month in months and {day.isoweekday(), day.isoweekday() % 7} & set(days):
            for hour in hours:
                for minute in minutes:
                    yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)
