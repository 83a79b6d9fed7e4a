"""When the engine is started or restarted, and when a venue's other gateway has its turn."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest

from fixtunnel import group, repair, upgrade, watch
from tests.unit.gateway.watching import SATURDAY, TRAFFIC, UP, Watching, at, operate, world

__all__ = ["at", "world"]


def test_an_engine_that_stops_to_answer_and_answers_again_is_told(world: Watching) -> None:
    says = world.machine.answers["whack --showstates"]
    for answer in (says, (33, "", "is Pluto running?"), (33, "", "is Pluto running?"), says, says):
        world.machine.answers["whack --showstates"] = answer
        world.look()
    told = [text for text in world.reporter.said if text.startswith("the engine ")]
    assert told == ["the engine does not answer", "the engine answers"]


def restarts(world: Watching, seconds: int) -> list[int]:
    """In which seconds from now the engine is restarted."""
    return [second for second in range(seconds) if "systemctl stop ipsec.service" in world.look()]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour of looks takes too long for a test."""
    monkeypatch.setattr(repair, "RESTART_AFTER", 60.0)
    monkeypatch.setattr(repair, "RESTART_EVERY", 120.0)


def test_the_engine_is_restarted_after_five_minutes_in_vain(world: Watching) -> None:
    """Each venue has a standby. They take turns, and no turn lasts as long: so the engine was never restarted."""
    (at,) = restarts(world, 400)
    assert repair.RESTART_AFTER <= at <= repair.RESTART_AFTER + 8


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("alone", [False, True])
def test_the_engine_is_restarted_once_in_an_hour_by_all_tunnels_together(world: Watching, alone: bool) -> None:
    if alone:
        world.with_psk = {"Harbour"}
    found = restarts(world, 330)
    assert [later - sooner for sooner, later in pairwise([60 - 120, *found])] == pytest.approx([120] * 3, abs=8)


@pytest.mark.usefixtures("hurried")
def test_one_tunnel_that_works_keeps_the_engine(world: Watching) -> None:
    world.engine_says("Harbour")
    assert restarts(world, 200) == []
    world.engine_says()
    assert restarts(world, 58) == [], "from now on nothing works"
    assert restarts(world, 12)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("trouble", ["no psk", "no address", "engine away"])
def test_what_is_not_tried_is_not_in_vain(world: Watching, trouble: str) -> None:
    """Only what came after it counts: a gateway that waited for its PSK for days must not restart the engine at once."""
    psks, says = set(world.with_psk), world.machine.answers["whack --showstates"]
    for _ in range(55):
        world.look()
    if trouble == "no psk":
        world.with_psk.clear()
    elif trouble == "no address":
        world.held = False
    else:
        world.machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    assert restarts(world, 100) == []
    world.with_psk, world.held, world.machine.answers["whack --showstates"] = psks, True, says
    assert restarts(world, 58) == []
    assert restarts(world, 12)


def test_an_engine_that_does_not_answer_has_its_time_before_it_is_started(world: Watching) -> None:
    world.look()
    world.machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    when = [at for at in range(60) if any("start --no-block ipsec" in line for line in world.look())]
    assert when == [10, 40]


@pytest.mark.parametrize("away", ["engine", "address"])
def test_what_nobody_could_do_is_no_ones_silence(world: Watching, away: str) -> None:
    """No standby is chosen for it, and what was before it does not count on."""
    world.engine_says("Northbridge")
    for _ in range(int(group.PATIENCE_SECONDS) - 2):
        world.look()
    if away == "engine":
        world.machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    world.held = away != "address"
    for _ in range(60):
        world.look()
    world.engine_says("Northbridge")
    world.held = True
    for _ in range(3):
        world.look()
    assert world.state["groups"]["harbour"]["up"] == "Harbour"


def to_standby(world: Watching) -> None:
    """Harbour's gateway A says nothing for a while, and B takes over."""
    world.engine_says("Northbridge")
    while world.state.get("groups", {}).get("harbour", {}).get("up") != "Harbour_B":
        world.look()
    world.engine_says("Northbridge", "Harbour_B")
    world.look()


def test_back_to_the_active_one_in_the_window_and_not_before(world: Watching, at: list[float]) -> None:
    at[0] -= 2 * 3600
    operate(world)
    to_standby(world)
    for _ in range(5):
        assert not [line for line in world.look() if "Harbour " in line]
    at[0] = SATURDAY
    ran = world.look()
    assert world.state["groups"]["harbour"]["up"] == "Harbour"
    assert ran[:2] == ["whack --name Harbour_B --terminate", "whack --name Harbour_B --unroute"]
    assert "harbour now runs over Harbour: back to Harbour in the restart window" in world.reporter.said


@pytest.mark.parametrize("what", ["no psk", "not loaded"])
def test_one_that_cannot_come_up_is_not_chosen(world: Watching, what: str) -> None:
    world.engine_says("Northbridge")
    if what == "no psk":
        world.with_psk.discard("Harbour_B")
    else:
        status = world.machine.answers["whack --status"]
        assert isinstance(status, str)
        world.machine.answers["whack --status"] = "".join(
            line for line in status.splitlines(keepends=True) if "Harbour_B" not in line
        )
    for _ in range(3 * int(group.PATIENCE_SECONDS)):
        world.look()
    assert world.state["groups"]["harbour"]["up"] == "Harbour"


def test_one_that_carries_and_is_away_again_has_the_first_patience(world: Watching) -> None:
    to_standby(world)
    for _ in range(5):
        world.look()
    world.engine_says("Northbridge")
    looks = 0
    while world.state["groups"]["harbour"]["up"] == "Harbour_B":
        world.look()
        looks += 1
    assert looks == int(group.PATIENCE_SECONDS) + 1


def test_one_that_comes_up_and_carries_nothing_has_more_patience_each_time(world: Watching) -> None:
    """Two gateways that both take us and let nothing through: to go to and fro each twelve seconds helps nobody."""
    world.engine_says("Northbridge")
    while world.state.get("groups", {}).get("harbour", {}).get("up") != "Harbour_B":
        world.look()
    quiet = UP.format(name="Harbour_B") + TRAFFIC.format(name="Harbour_B", count=0).replace("outBytes=7", "outBytes=0")
    north = UP.format(name="Northbridge")
    world.machine.answers["whack --showstates"] = lambda: (
        0,
        north + quiet + TRAFFIC.format(name="Northbridge", count=int(world.clock[0])),
        "",
    )
    world.look()
    world.engine_says("Northbridge")
    looks = 0
    while world.state["groups"]["harbour"]["up"] == "Harbour_B":
        world.look()
        looks += 1
    assert looks == 2 * int(group.PATIENCE_SECONDS) + 1


def test_updates_begin_once_in_a_window(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [SATURDAY]
    monkeypatch.setattr("time.time", lambda: clock[0])
    world.engine_says("Northbridge", "Harbour")
    operate(world)
    began = []
    for _ in range(3):
        began += [line for line in world.look() if "upgrade" in line]
        if upgrade.DONE.exists():
            os.utime(upgrade.DONE, (clock[0], clock[0]))
        clock[0] += 60
    assert began == ["systemctl start --no-block fixtunnel-upgrade.service"]
    assert "the restart window is open: security updates begin" in world.reporter.said
    clock[0] += 7 * 24 * 3600
    assert "systemctl start --no-block fixtunnel-upgrade.service" in world.look()


UPGRADE = "systemctl start --no-block fixtunnel-upgrade.service"


@pytest.fixture
def of_pair(world: Watching, at: list[float], monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What this gateway knows of the other one, in a window in which updates are due."""
    facts: dict[str, object] = {"state": "serves", "heard": True, "fit": 2, "partner": "i-2", "since": 1, "aws": ""}
    monkeypatch.setattr(upgrade, "is_due", lambda _now: True)
    monkeypatch.setattr(upgrade, "begin", lambda: world.machine.ran.append(UPGRADE))
    world.watch._pair = world.watch._updates._pair = lambda: facts
    operate(world)
    world.look()
    return facts


def test_a_turn_that_came_during_a_look_is_taken_at_once(
    world: Watching, of_pair: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def wait(_read: object, _written: object, _errors: object, seconds: float) -> None:
        waited.append(seconds)
        world.clock[0] += seconds

    monkeypatch.setattr("select.select", wait)
    world.look()
    world.held = False
    world.watch.wait(watch.PERIOD_SECONDS)
    assert waited == [watch.TURN_SECONDS]
    world.look()
    world.watch.wait(watch.PERIOD_SECONDS)
    assert sum(waited[1:]) == pytest.approx(watch.PERIOD_SECONDS)


def test_the_gateway_that_stands_by_is_updated_first(world: Watching, of_pair: dict[str, object]) -> None:
    assert UPGRADE not in world.look()
    world.held = False
    assert UPGRADE in world.look()
    of_pair["heard"] = False
    assert UPGRADE not in world.look()


def test_the_one_that_serves_waits_until_the_other_one_is_well(world: Watching, of_pair: dict[str, object]) -> None:
    of_pair["fit"] = 1
    assert UPGRADE not in world.look(upgrade.PARTNER_FIRST_SECONDS)
    of_pair["fit"] = 2
    assert UPGRADE in world.look()
    of_pair["heard"] = False
    assert UPGRADE not in world.look()


def test_tunnels_without_an_answering_engine_are_shown_as_such(world: Watching) -> None:
    world.machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    world.look()
    assert set(world.states().values()) == {"engine-down"}
