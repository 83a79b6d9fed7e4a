"""When a venue trades, and when that changes: held against a look at each minute."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from fixtunnel.hours import Hours, Week, parsed, written

DAY = 1440
WEEKDAYS = tuple((day * DAY + 420, 630) for day in range(5))
NEW_YORK = Week("America/New_York", ((6 * DAY + 1020, 6660),))
CASES = {
    "a working week": Hours(Week("Europe/London", WEEKDAYS)),
    "Sunday to Friday": Hours(NEW_YORK),
    "an opening in the hour that is left out": Hours(Week("Europe/London", ((6 * DAY + 90, 20), (6 * DAY + 150, 60)))),
    "dates": Hours(
        NEW_YORK,
        closed=frozenset({date(2027, 3, 15), date(2027, 11, 8)}),
        special={date(2027, 3, 13): ((600, 720), (780, DAY)), date(2027, 11, 6): ((0, 1),)},
        until=date(2027, 12, 31),
    ),
    "maintenance in another time zone": Hours(
        Week("Asia/Tokyo", tuple((day * DAY + 540, 360) for day in range(7))),
        away=(Week("Australia/Lord_Howe", ((2 * DAY + 600, 240), (6 * DAY + 110, 45))),),
        special={date(2027, 4, 4): ((300, 660),)},
    ),
    "the far side of the date line": Hours(Week("Pacific/Apia", ((480, 5 * DAY),))),
}


@pytest.mark.parametrize(
    "start", ["2027-03-11 21:13:20", "2027-03-26 03:00:00", "2027-04-02 12:59:59", "2027-11-04 00:00:00"]
)
@pytest.mark.parametrize("case", CASES)
def test_the_next_change_is_the_first_minute_that_differs(case: str, start: str) -> None:
    hours, begin = CASES[case], datetime.fromisoformat(start).replace(tzinfo=UTC)
    at = begin.timestamp()
    minute = (int(at) // 60 + 1) * 60
    changes = (one for one in range(minute, minute + 8 * 86400, 60) if hours.is_open(one) != hours.is_open(at))
    for _ in range(4):
        assert hours.next_change(at) == next(changes, None)
        at = float(hours.next_change(at) or at)
        changes = (one for one in range(int(at), int(at) + 8 * 86400, 60) if hours.is_open(one) != hours.is_open(at))


def test_what_never_changes_is_not_looked_for_for_ever() -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC).timestamp()
    assert Hours(Week("UTC", ((0, 7 * DAY),))).next_change(now) is None
    assert Hours(Week("UTC", ())).next_change(now) is None
    far = Hours(Week("UTC", ()), special={date(2027, 6, 1): ((0, 60),)})
    assert far.next_change(now) is None


def test_an_unknown_zone_counts_as_trading() -> None:
    hours = Hours(Week("Mars/Olympus", ()), special={date(2027, 1, 2): ((0, 60),)}, until=date(2027, 1, 9))
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert hours.is_open(new_year.timestamp())
    assert [hours.is_special((new_year + timedelta(days=n)).timestamp()) for n in (-1, 0, 1, 2, 3)] == [0, 1, 1, 1, 0]
    assert hours.days_known(new_year.timestamp()) == 8


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_is_read(case: str) -> None:
    assert parsed(json.loads(json.dumps(written(CASES[case])))) == CASES[case]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"week": [[1]]},
        {"closed": ["Christmas"]},
        {"special": [["2027-01-01", 1]]},
        {"until": 5},
        {"away": [["UTC"]]},
    ],
)
def test_nonsense(wrong: dict[str, object]) -> None:
    whole = written(CASES["dates"]) if wrong else {}
    with pytest.raises((ValueError, KeyError, TypeError)):
        parsed(whole | wrong)
