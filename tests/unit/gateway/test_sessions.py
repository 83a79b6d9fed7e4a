"""Whether a venue trades, as the gateway tells it; and for how long its dates are known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from fixtunnel import watch
from fixtunnel.hours import Hours, Week
from fixtunnel.operations import Operations
from fixtunnel.sessions import Sessions
from tests.unit.gateway.watching import Watching, operate, world

__all__ = ["world"]
HOURS = {
    "timezone": "Europe/London",
    "week": [[day * 1440 + 420, 630] for day in range(5)],
    "away": [],
    "closed": ["2026-12-25"],
    "special": [["2026-11-21", 360, 600]],
    "until": "2027-01-31",
}
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def at(hours: float) -> float:
    """Hours after that Monday's midnight."""
    return (MONDAY + timedelta(hours=hours)).timestamp()


def of(until: date | None) -> Operations:
    return Operations(hours={"lse": Hours(Week("UTC", ((420, 630),)), until=until)})


def test_it_tells_when_it_changes() -> None:
    sessions = Sessions(lambda _text: None)
    operations = of(None)
    for hours, is_open, change in ((6, False, 7), (7, True, 17.5), (17.4, True, 17.5), (17.5, False, 7 * 24 + 7)):
        sessions.look(operations, at(hours))
        assert sessions.told == {"lse": {"open": is_open, "changes": int(at(change)), "dates_until": None}}
    assert sessions.are_dates_known is None


def test_what_is_told_anew_counts_at_once() -> None:
    sessions = Sessions(lambda _text: None)
    sessions.look(of(None), at(6))
    sessions.look(of(date(2027, 12, 31)), at(6))
    assert sessions.told["lse"]["dates_until"] == "2027-12-31"
    sessions.look(Operations(), at(6))
    assert sessions.told == {}


def test_the_end_of_the_dates_is_told_before_it_comes_and_after() -> None:
    said: list[str] = []
    sessions, until = Sessions(said.append), (MONDAY + timedelta(days=100)).date()
    for day in range(125):
        for hour in (1, 13):
            sessions.look(of(until), at(24 * day + hour))
        assert sessions.are_dates_known is (day < 40), day
    assert len(said) == 7 + 2, "every ten days from 60 before it, and on"
    assert said[0].startswith(f"the dates of lse end on {until}")
    assert said[-1].startswith(f"the dates of lse ended on {until}")


def test_a_gateway_that_begins_late_says_it_at_once() -> None:
    said: list[str] = []
    Sessions(said.append).look(of(MONDAY.date() + timedelta(days=7)), at(1))
    assert len(said) == 1


def hours_of_harbour(world: Watching, monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(watch.time, "time", moment.timestamp)
    operate(world, hours={"harbour": HOURS})
    world.engine_says("Harbour", "Northbridge")
    world.look()
    world.look()


def test_a_closed_venues_ports_are_not_asked(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("fixtunnel.probes.Probe.begin", lambda _self, place, _now: asked.append(place[0]))
    hours_of_harbour(world, monkeypatch, datetime(2026, 12, 25, 10, tzinfo=UTC))
    assert world.state["sessions"]["harbour"]["open"] is False
    assert world.state["tunnels"]["Harbour"]["fix_ports"]["primary"]["up"] is None
    assert "192.0.2.20" not in asked
    monkeypatch.setattr(watch.time, "time", datetime(2026, 12, 28, 10, tzinfo=UTC).timestamp)
    world.look()
    assert world.state["sessions"]["harbour"]["open"] is True
    assert "192.0.2.20" in asked


def test_no_restart_in_a_special_session(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saturday, 21 November: the window is from 06:00 to 08:00, and the venue trades from 06:00 to 10:00."""
    begun: list[bool] = []
    monkeypatch.setattr("fixtunnel.upgrade.begin", lambda: begun.append(True))
    monkeypatch.setattr("fixtunnel.upgrade.is_due", lambda _at: True)
    hours_of_harbour(world, monkeypatch, datetime(2026, 11, 21, 7, tzinfo=UTC))
    assert not begun
    monkeypatch.setattr(watch.time, "time", datetime(2026, 11, 28, 7, tzinfo=UTC).timestamp)
    world.look()
    assert begun


def test_a_zone_that_is_not_known_here_counts_as_trading(world: Watching) -> None:
    operate(world, hours={"harbour": HOURS | {"timezone": "Mars/Olympus"}})
    world.look()
    world.look()
    assert "no time zone Mars/Olympus here: harbour counts as trading at all times" in world.reporter.said
    assert world.state["sessions"]["harbour"]["open"] is True


@pytest.mark.parametrize(("hours", "may_ask"), [(8, True), (6, False)])
def test_no_port_is_asked_while_its_venue_is_closed(
    world: Watching, monkeypatch: pytest.MonkeyPatch, hours: float, may_ask: bool
) -> None:
    """An acceptor that is stopped over night would be a finding each minute; a venue without hours is asked at all times."""
    begun: dict[str, bool] = {}
    monkeypatch.setattr("time.time", lambda: at(hours))
    monkeypatch.setattr(
        "fixtunnel.probes.Probes.begin",
        lambda _self, endpoints, _now, *, may_ask: begun.update((one.name, may_ask) for one in endpoints),
    )
    endpoints = {venue: [[f"port-{venue}", "192.0.2.20", 5001]] for venue in ("harbour", "northbridge")}
    operate(world, hours={"harbour": HOURS}, endpoints=endpoints)
    world.engine_says("Northbridge", "Harbour")
    for _ in range(3):
        world.look()
    assert begun == {"port-harbour": may_ask, "port-northbridge": True}
