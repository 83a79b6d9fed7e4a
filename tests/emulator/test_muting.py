"""What CloudWatch refuses of a mute rule, and what it mutes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from localaws.aws import EmbeddedAws
from localaws.cloudformation.faults import CannotMake
from localaws.cloudformation.kinds.base import Request
from localaws.cloudformation.kinds.watching import MuteRule
from localaws.rules import muting


def rule(expression: str, duration: str = "PT4H", timezone: str = "Europe/London", **more: Any) -> dict[str, Any]:
    schedule = {"Expression": expression, "Duration": duration, "Timezone": timezone}
    return {"Rule": {"Schedule": schedule}, "MuteTargets": {"AlarmNames": []}, **more}


@pytest.mark.parametrize(
    "properties",
    [
        rule("cron(0 2 * * *)"),
        rule("cron(0 2 * * SUN)", "P2DT12H"),
        rule("cron(0,30 1-3 1 JAN-MAR MON-FRI)", "PT1M"),
        rule("at(2026-12-25T00:00)", "P15D"),
        rule("cron(0 2 * * 0)", StartDate="2026-04-15T08:00", ExpireDate="2026-12-31T23:59"),
    ],
)
def test_taken(properties: dict[str, Any]) -> None:
    assert not [*muting.faults(properties)]


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        (rule("cron(0 2 ? * SUN *)"), "five fields"),
        (rule("cron(60 2 * * *)"), "60 are no minutes"),
        (rule("cron(0 2 * * FUNDAY)"), "days of the week"),
        (rule("cron(*/5 2 * * *)"), "no minutes"),
        (rule("at(2026-12-25)"), "no cron"),
        (rule("at(2026-02-30T00:00)"), "no moment"),
        (rule("cron(0 2 * * *)", "PT0M"), "PT1M to P15D"),
        (rule("cron(0 2 * * *)", "P15DT1M"), "PT1M to P15D"),
        (rule("cron(0 2 * * *)", "90m"), "PT1M to P15D"),
        (rule("cron(0 2 * * *)", timezone="London"), "Timezone"),
        (rule("cron(0 2 * * *)", StartDate="2026-12-31T00:00", ExpireDate="2026-12-31T00:00"), "not after"),
        (rule("cron(0 2 * * *)", ExpireDate="tomorrow"), "ISO 8601"),
        (rule("cron(0 2 * * *)", MuteTargets={"AlarmNames": [str(n) for n in range(101)]}), "100 alarms"),
    ],
)
def test_refused(properties: dict[str, Any], said: str) -> None:
    (fault,) = muting.faults(properties)
    assert said in fault and "AWS: CloudWatch API Reference" in fault


def test_an_alarm_that_is_not_there(aws: EmbeddedAws) -> None:
    properties = rule("cron(0 2 * * *)", MuteTargets={"AlarmNames": ["nobody's"]})
    with pytest.raises(CannotMake, match="no alarm nobody's"):
        MuteRule(aws.clients).create(Request(stack="one", logical_id="Mute", properties=properties))


@pytest.mark.parametrize(
    ("properties", "moment", "answers"),
    [
        (rule("cron(30 17 * * FRI)", "P2DT11H"), "2026-11-29T12:00", (True, True)),
        (rule("cron(30 17 * * FRI)", "P2DT11H"), "2026-11-30T04:30", (False, False)),
        (rule("cron(0 4 * * *)", "PT3H"), "2026-07-01T02:59", (False, False)),  # summer time
        (rule("cron(0 4 * * *)", "PT3H"), "2026-07-01T03:00", (True, True)),
        (rule("at(2026-12-25T00:00)", "P1D"), "2026-12-25T23:59", (True, True)),
        # Where AWS does not say: it cuts a stretch short, or lets it end.
        (rule("cron(0 4 * * *)", "PT3H", ExpireDate="2026-11-30T05:00"), "2026-11-30T06:00", (False, True)),
        (rule("cron(0 4 * * *)", "PT3H", StartDate="2026-11-30T05:00"), "2026-11-30T06:00", (True, False)),
    ],
)
def test_mutes(properties: dict[str, Any], moment: str, answers: tuple[bool, bool]) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert tuple(muting.mutes(properties, at, cuts=cuts) for cuts in (True, False)) == answers
