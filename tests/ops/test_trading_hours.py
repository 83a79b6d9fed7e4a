"""A venue's hours in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model.venue import Venue
from ops.files.trading_hours import dates_end, in_words
from tests.ops.conftest import Fixtunnel, folders
from tests.unit.model.example import VENUE, edited, plain

MONDAY = datetime(2026, 11, 23, 13, tzinfo=UTC)
DATES = (
    "{until: 2027-01-31, closed: [2026-12-25, 2026-11-20], special: [{date: 2026-12-24, start: '07:00', end: '12:30'}]}"
)


def venue(**edits: str) -> Venue:
    return Venue.model_validate(plain(edited(VENUE, edits)))


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        (
            {"session": "{start: '07:00', end: '17:30', timezone: Europe/London}"},
            "exchange: open Mon to Fri 07:00 to 17:30 (London time); now open, closes in 4 h 30 min",
        ),
        (
            {"session": "{from: sun 17:00, to: fri 16:00, timezone: America/New_York}", "calendar": DATES},
            "exchange: open Sun 17:00 to Fri 16:00 (New York time); now open, closes in 4 d 8 h; closed on 25 December; "
            "open on 24 December 07:00 to 12:30; dates are known until 31 January 2027",
        ),
        (
            {
                "session": "{days: [mon, wed], start: '09:00', end: '17:00', timezone: Asia/Tokyo}",
                "more_sessions": "[{days: [sat, sun, mon], start: '20:00', end: '21:00', timezone: Asia/Tokyo}]",
                "breaks": "[{start: '12:00', end: '13:00'}]",
            },
            "exchange: open Mon, Wed 09:00 to 17:00, and Mon, Sat, Sun 20:00 to 21:00, but not every day 12:00 to 13:00 "
            "(Tokyo time); now closed, opens in 1 d 11 h; Tokyo has no summer time: is that the venue's clock?",
        ),
    ],
)
def test_words(edits: dict[str, str], words: str) -> None:
    assert in_words(venue(**edits), MONDAY) == words


def test_the_end_of_the_dates_is_said_two_months_before() -> None:
    dated = venue(calendar=DATES)
    assert dates_end(dated, MONDAY) is None
    near = dates_end(dated, MONDAY + timedelta(days=10))
    assert near and near.startswith("is in 59 days")
    over = dates_end(dated, MONDAY + timedelta(days=100))
    assert over and over.startswith("is over")
    assert dates_end(venue(), MONDAY) is None


def test_check_says_what_it_understood(fixtunnel: Fixtunnel, desk: Path) -> None:
    path = desk / "venues" / "lse-proquote.yaml"
    path.write_text(f"{path.read_text()}calendar: {{until: 2020-12-31}}\n")
    ran = fixtunnel(*folders(desk), "check", "lse-proquote")
    assert "calendar.until: '2020-12-31' is over" in ran.out
    assert "lse-proquote: open Mon to Fri 07:00 to 17:30 (London time); now " in ran.out
    path.write_text(f"{path.read_text()}session: {{start: '07:00'}}\n")
    assert "lse-proquote: open" not in fixtunnel(*folders(desk), "check", "lse-proquote").out


def test_check_names_the_venues_of_a_client(fixtunnel: Fixtunnel) -> None:
    out = fixtunnel("check", "acme-capital").out
    assert "northbridge: open " in out and "harbour: open " in out
