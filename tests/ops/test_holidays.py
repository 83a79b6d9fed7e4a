"""`fixtunnel holidays`: an exchange's dates in a venue file. The package is a stand-in here: nothing else needs pandas."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from model.source import read
from tests.ops.conftest import Fixtunnel, folders

TODAY = datetime.now(UTC).date()


class Stamp(datetime):
    """As pandas' Timestamp: it knows its own datetime."""

    def to_pydatetime(self) -> datetime:
        return datetime(self.year, self.month, self.day, self.hour, self.minute, tzinfo=UTC)


def stamp(day: date, hour: int = 0) -> Stamp:
    return Stamp(day.year, day.month, day.day, hour, tzinfo=UTC)


def next_day(weekday: int, *, weeks: int) -> date:
    return TODAY + timedelta(days=(weekday - TODAY.weekday()) % 7 + 7 * weeks)


HOLIDAY, HALF_DAY, SATURDAY = next_day(2, weeks=1), next_day(3, weeks=2), next_day(5, weeks=3)


class Exchange:
    """Open from Monday to Friday, but for one Wednesday; one Thursday ends early, and one Saturday has a session."""

    weekmask = "1111100"

    def __init__(self, start: date, end: date) -> None:
        days = [start + timedelta(days=n) for n in range((end - start).days)]
        traded = [day for day in days if (day.weekday() < 5 or day == SATURDAY) and day != HOLIDAY]
        self.sessions = [stamp(day) for day in traded]
        self.opens = {one: stamp(one.date(), 9) for one in self.sessions}
        self.closes = {one: stamp(one.date(), 12 if one.date() == HALF_DAY else 17) for one in self.sessions}
        self.early_closes, self.late_opens = [stamp(HALF_DAY)], list[Stamp]()


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Any = ModuleType("exchange_calendars")
    made.get_calendar_names = lambda *, include_aliases: ["XAMS", "XLON"]
    made.get_calendar = lambda _name, start, end: Exchange(start, end)
    monkeypatch.setitem(sys.modules, "exchange_calendars", made)


@pytest.mark.usefixtures("package")
def test_dates_are_written_and_nothing_else_changes(fixtunnel: Fixtunnel, desk: Path) -> None:
    path = desk / "venues" / "lse-proquote.yaml"
    before = path.read_text()
    ran = fixtunnel(*folders(desk), "holidays", "lse-proquote", "--exchange", "XLON")
    assert ran.status == 0, ran.err
    assert f"half a day on {HALF_DAY:%a} {HALF_DAY}, 09:00 to 12:00" in " ".join(ran.out.split())
    assert path.read_text().startswith(before)
    assert read(path).data["calendar"] == {
        "until": str(TODAY + timedelta(days=365)),
        "exchange": "XLON",
        "closed": [str(HOLIDAY)],
        "special": [{"date": str(SATURDAY), "start": "09:00", "end": "17:00"}],
    }
    written = path.read_text()
    assert fixtunnel(*folders(desk), "holidays", "lse-proquote").status == 0
    assert path.read_text() == written, "the exchange is the file's own, and it changes nothing"
    assert fixtunnel(*folders(desk), "fmt", "lse-proquote", "--check").status == 0


@pytest.mark.usefixtures("package")
def test_what_the_file_says_of_a_date_counts(fixtunnel: Fixtunnel, desk: Path) -> None:
    path, own = desk / "venues" / "lse-proquote.yaml", next_day(0, weeks=4)
    special = f'{{date: {HOLIDAY}, start: "07:00", end: "09:00"}}'
    text = f"calendar: {{until: {own}, closed: [2020-12-25, {own}], special: [{special}]}}\n# the end\n"
    path.write_text(path.read_text() + text)
    assert fixtunnel(*folders(desk), "holidays", "lse-proquote", "--exchange", "XLON").status == 0
    calendar = read(path).data["calendar"]
    assert calendar["closed"] == [str(own)], "what is over is gone, and the holiday has hours of its own"
    assert [one["date"] for one in calendar["special"]] == [str(HOLIDAY), str(SATURDAY)]
    assert path.read_text().endswith("\n# the end\n")


@pytest.mark.usefixtures("package")
def test_a_comment_is_never_lost(fixtunnel: Fixtunnel, desk: Path) -> None:
    path = desk / "venues" / "lse-proquote.yaml"
    path.write_text(f"{path.read_text()}calendar:\n  until: 2027-12-31\n  closed: []  # they said none\n")
    before = path.read_text()
    ran = fixtunnel(*folders(desk), "holidays", "lse-proquote", "--exchange", "XLON")
    assert (ran.status, path.read_text()) == (1, before)
    assert f"- {HOLIDAY}" in ran.err


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--exchange", "XLOM"), "XLON"),
        ((), "--exchange"),
        (("--exchange", "XLON", "--until", "Christmas"), "2027-12-31"),
        (("--exchange", "XLON", "--until", "2020-01-01"), "three years"),
    ],
)
def test_a_wrong_word(words: tuple[str, ...], said: str, fixtunnel: Fixtunnel, desk: Path) -> None:
    ran = fixtunnel(*folders(desk), "holidays", "lse-proquote", *words)
    assert ran.status == 2
    assert said in ran.err


def test_without_the_package_it_says_what_to_do(
    fixtunnel: Fixtunnel, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    ran = fixtunnel(*folders(desk), "holidays", "lse-proquote", "--exchange", "XLON")
    assert ran.status == 1
    assert "fixtunnel[calendars]" in ran.err
