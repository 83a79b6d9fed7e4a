"""Forty moments of venues' calendars: what alarms, the gateway's probe and restart window, the deploy guard and `check` say.

The alarms' side is the template's own mute rules, as AWS reads them; where AWS does not say how, both readings must agree.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fixtunnel.operations import Operations, parsed
from localaws.rules import muting
from model.deployment import Deployment
from ops.deploying.downtime import trading
from ops.files.trading_hours import now_in_words
from tests.literal import loaded
from tests.stacks.synthesis import Stack, synthesise
from tests.unit.model.example import CLIENT, VENUE, edited, write
from userdata.operations import render_operations

TODAY = date(2026, 11, 1)
CHRISTMAS = (
    "{until: 2027-12-31, closed: [2026-12-25, 2026-12-28, 2027-01-01], special: "
    "[{date: 2026-12-24, start: '07:00', end: '12:30'}, {date: 2026-12-05, start: '09:00', end: '13:00'}]}"
)
SATURDAYS = (
    "{until: 2027-12-31, closed: [2026-11-26, 2026-12-25], special: [{date: 2026-11-28, start: '06:30', end: '12:00'}]}"
)
TOKYO = (
    "{until: 2027-03-31, closed: [2026-12-31, 2027-01-01], special: [{date: 2027-01-02, start: '09:00', end: '24:00'}]}"
)
VENUES = {
    "london": {
        "session": "{days: [mon, tue, wed, thu, fri], start: '07:00', end: '17:30', timezone: Europe/London}",
        "maintenance": "[{days: [sat], start: '06:00', end: '12:00', timezone: Europe/London}]",
        "calendar": CHRISTMAS,
    },
    "newyork": {
        "session": "{from: sun 17:00, to: fri 16:00, timezone: America/New_York}",
        "breaks": "[{days: [mon, tue, wed, thu], start: '16:00', end: '17:00'}]",
        "calendar": SATURDAYS,
    },
    "tokyo": {
        "session": "{days: [mon, tue, wed, thu, fri], start: '09:00', end: '11:30', timezone: Asia/Tokyo}",
        "more_sessions": "[{start: '12:30', end: '15:00', timezone: Asia/Tokyo}]",
        "calendar": TOKYO,
    },
    "apia": {"session": "{from: mon 08:00, to: fri 20:00, timezone: Pacific/Apia}", "calendar": "{until: 2026-12-31}"},
    "always": {"session": "{from: mon 00:00, to: mon 00:00, timezone: UTC}"},
}
WINDOW = "{days: [sat], start: '06:00', end: '12:00', timezone: Europe/London}"
# Venue, local time, whether it trades, and why.
MOMENTS = """
london   2026-12-03 06:59:59 closed  the last second before the opening
london   2026-12-03 07:00:00 open    the opening
london   2026-12-03 17:29:59 open    the last second
london   2026-12-03 17:30:00 closed  the end
london   2026-12-04 20:00:00 closed  the evening before a special Saturday
london   2026-12-05 06:30:00 closed  a special Saturday, before
london   2026-12-05 09:00:00 open    a special Saturday, in the week's maintenance and in the restart window
london   2026-12-05 12:59:59 open    a special Saturday, its last second
london   2026-12-05 13:00:00 closed  a special Saturday, after
london   2026-12-06 12:00:00 closed  the Sunday after it
london   2026-12-12 09:30:00 closed  a Saturday like any other
london   2026-12-24 12:29:59 open    half a day
london   2026-12-24 12:30:00 closed  half a day, its end
london   2026-12-25 10:00:00 closed  a holiday
london   2026-12-28 07:00:00 closed  a holiday after a weekend
london   2026-12-29 07:00:00 open    the opening after it
london   2026-12-31 23:59:59 closed  New Year's Eve
london   2027-01-01 12:00:00 closed  New Year
london   2027-01-04 07:00:00 open    the first opening of the year
london   2027-03-29 06:59:59 closed  summer time began on the day before
london   2027-03-29 07:00:00 open    the opening in summer time
london   2027-10-29 17:29:59 open    the last Friday of summer time
london   2027-11-01 06:59:59 closed  summer time ended on the day before
london   2027-11-01 07:00:00 open    the opening in winter
newyork  2026-11-22 16:59:59 closed  the last second of the weekend
newyork  2026-11-22 17:00:00 open    the week's opening
newyork  2026-11-23 15:59:59 open    before the break
newyork  2026-11-23 16:30:00 closed  the daily break
newyork  2026-11-23 17:00:00 open    after the break
newyork  2026-11-24 03:00:00 open    the night
newyork  2026-11-26 12:00:00 closed  a holiday inside the week's session
newyork  2026-11-27 00:00:00 open    midnight after it
newyork  2026-11-27 16:00:00 closed  the week's end
newyork  2026-11-28 06:30:00 open    a special Saturday inside the weekend's one rule
newyork  2026-11-28 12:00:00 closed  its end
newyork  2026-11-29 17:00:00 open    the opening after it
newyork  2027-03-14 16:59:59 closed  the day on which summer time begins
newyork  2027-03-14 17:00:00 open    the opening of that day
newyork  2026-11-01 17:00:00 open    the day on which summer time ends
tokyo    2026-12-30 11:29:59 open    the first session's last second
tokyo    2026-12-30 12:00:00 closed  between two sessions
tokyo    2026-12-30 12:30:00 open    the second session
tokyo    2026-12-31 10:00:00 closed  a holiday on the far side of UTC's midnight
tokyo    2027-01-02 08:59:59 closed  a special Saturday until midnight, before
tokyo    2027-01-02 23:59:59 open    its last second
tokyo    2027-01-03 00:00:00 closed  its midnight
apia     2026-11-16 08:00:00 open    Monday in Samoa is Sunday in UTC
apia     2026-11-20 20:00:00 closed  Friday evening in Samoa is Friday morning in UTC
always   2026-11-21 07:00:00 open    a venue that never closes
"""


@dataclass(frozen=True)
class Moment:
    """A line of the table."""

    venue: str
    at: datetime
    is_open: bool
    why: str


def moments() -> list[Moment]:
    found = []
    for line in MOMENTS.strip().splitlines():
        venue, day, time, word, why = line.split(maxsplit=4)
        zone = ZoneInfo(venue_zone(venue))
        found.append(Moment(venue, datetime.fromisoformat(f"{day} {time}").replace(tzinfo=zone), word == "open", why))
    return found


def venue_zone(name: str) -> str:
    return VENUES[name]["session"].rpartition("timezone: ")[2].rstrip("}")


@cache
def deployment(venue: str) -> Deployment:
    with TemporaryDirectory() as folder:
        text = edited(VENUE, {"name": venue, **VENUES[venue]})
        client = edited(CLIENT, {"tunnels.0.venue": venue, "restart_window": WINDOW})
        write(Path(folder), clients={"acme": client}, venues={venue: text})
        return loaded(Path(folder) / "clients", Path(folder) / "venues", "acme")


@cache
def stack(venue: str) -> Stack:
    return synthesise([deployment(venue)], today=TODAY)["acme"]


@cache
def told(venue: str) -> Operations:
    """What the gateway takes from the parameter."""
    return parsed(render_operations(deployment(venue)))


def is_muted(venue: str, at: datetime, *, cuts: bool) -> bool:
    """Whether the tunnel's alarm rings nobody: by the rules of the template."""
    (alarm,) = (name for name in stack(venue).all("CloudWatch::Alarm") if name.startswith("AlarmsTunnel"))
    rules: list[Any] = [one["Properties"] for one in stack(venue).all("CloudWatch::AlarmMuteRule").values()]
    of_alarm = [one for one in rules if {"Ref": alarm} in one["MuteTargets"]["AlarmNames"]]
    assert rules == of_alarm
    return any(muting.mutes(one, at.astimezone(UTC), cuts=cuts) for one in rules)


@pytest.mark.parametrize("moment", moments(), ids=lambda one: f"{one.venue} {one.at:%Y-%m-%d %H:%M:%S}: {one.why}")
def test_all_say_the_same(moment: Moment) -> None:
    venue, at = moment.venue, moment.at
    (of_file,) = deployment(venue).venues
    assert is_muted(venue, at, cuts=True) is is_muted(venue, at, cuts=False) is not moment.is_open, "alarm"
    assert told(venue).may_trade(venue, at.timestamp()) is moment.is_open, "probe"
    assert bool(trading([of_file], at)) is moment.is_open, "deploy guard"
    words = now_in_words(of_file, at)
    assert words.startswith("now open" if moment.is_open else "now closed"), "check"


@pytest.mark.parametrize(
    ("venue", "local", "may"),
    [
        ("london", "2026-12-12 09:30", True),
        ("london", "2026-12-05 08:59", True),
        ("london", "2026-12-05 09:30", False),
        ("london", "2026-12-05 13:30", False),  # outside of the window
        ("newyork", "2026-11-28 06:45", False),  # 11:45 in London
        ("newyork", "2026-11-21 06:45", True),
        ("always", "2026-11-21 07:00", True),  # a weekly session is known to whoever chose the window
    ],
)
def test_no_restart_in_a_special_session(venue: str, local: str, may: bool) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(venue_zone(venue)))
    assert told(venue).may_restart(at.timestamp()) is may


def test_each_rule_is_one_that_aws_takes() -> None:
    for venue in VENUES:
        for one in stack(venue).all("CloudWatch::AlarmMuteRule").values():
            assert not [*muting.faults(one["Properties"])], json.dumps(one)


def rules(venue: str, today: date) -> dict[str, tuple[str, str | None, str | None]]:
    made = synthesise([deployment(venue)], today=today)["acme"].all("CloudWatch::AlarmMuteRule")
    head = f"AlarmsSilence{venue}"
    return {
        name.removeprefix(head)[:-8]: (
            one["Properties"]["Rule"]["Schedule"]["Expression"],
            one["Properties"].get("StartDate"),
            one["Properties"].get("ExpireDate"),
        )
        for name, one in made.items()
    }


def test_the_weekends_rule_makes_room_for_a_special_saturday() -> None:
    found = rules("newyork", TODAY)
    weekend = [(start, end) for expression, start, end in found.values() if expression == "cron(0 16 * * FRI)"]
    assert weekend == [(None, "2026-11-25T03:30"), ("2026-12-02T03:30", None)], "each days away from a weekend"
    assert [one for one in found if one.startswith("Date")] == [
        "Date202611260500",  # Thanksgiving, until the daily break,
        "Date202611262200",  # and after it
        "Date202611272100",  # Friday's end until the special session,
        "Date202611281700",  # and from its end until the morning of Sunday
        "Date202612250500",
    ]


def test_what_is_over_is_in_no_rule_and_changes_the_others_in_place() -> None:
    before, after = rules("newyork", TODAY), rules("newyork", date(2026, 12, 26))
    assert not [one for one in after if one.startswith("Date")]
    assert after.keys() < before.keys()
    assert all(start is None and end is None for _, start, end in after.values())


def test_after_its_dates_a_venue_keeps_its_week() -> None:
    """Nobody deploys for years: what is not known is silent as in any week, and an alarm of its own says so before."""
    saturday, monday = datetime(2030, 1, 5, 12, tzinfo=UTC), datetime(2030, 1, 7, 12, tzinfo=UTC)
    assert is_muted("london", saturday, cuts=True) and not is_muted("london", monday, cuts=True)
    assert any(name.startswith("AlarmsCalendar") for name in stack("london").all("CloudWatch::Alarm"))
    assert not any(name.startswith("AlarmsCalendar") for name in stack("always").all("CloudWatch::Alarm"))
