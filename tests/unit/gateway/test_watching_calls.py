"""What the watch hands on at each look: to routes, to AWS, to the state file, to a group, to a probe."""

from __future__ import annotations

import json
import os
import select
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from fixtunnel import address, card, group, psk, repair, settings, upgrade, watch
from fixtunnel.child import Child
from fixtunnel.keeper import Keeper
from fixtunnel.metadata import Metadata, NoAnswer
from fixtunnel.probes import Probes
from fixtunnel.reclaim import FREE_PERIOD_SECONDS
from fixtunnel.settings import Settings
from tests.unit.gateway.conftest import GUARD
from tests.unit.gateway.test_card import OURS
from tests.unit.gateway.watching import TRAFFIC, UP, Watching, world

__all__ = ["world"]
WINDOW = {"days": ["sat"], "start": "06:00", "end": "08:00", "timezone": "Europe/London"}
OPERATIONS = {"restart_window": WINDOW, "psk_rotation": "at-once", "fix": {"harbour": ["192.0.2.20", 5001]}}
SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC).timestamp()


def operate(world: Watching, **changed: Any) -> None:
    """AWS answers with these operations at the next look."""
    world.reporter.answers.append({"operations": json.dumps(OPERATIONS | changed)})


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The Unix time; on a Saturday at seven, when the window of OPERATIONS is open, unless the test says another."""
    clock = [SATURDAY]
    monkeypatch.setattr("time.time", lambda: clock[0])
    monkeypatch.setattr(upgrade, "is_due", lambda _now: False)
    return clock


def test_routes_are_asserted_by_who_holds_the_address(world: Watching) -> None:
    world.look()
    assert world.routed == ["refuse all", "assert all"]
    world.held = False
    world.look()
    assert world.routed[2:] == ["refuse all"]


def test_passages_are_those_of_the_operations(world: Watching) -> None:
    operate(world)
    world.look()
    assert [told.is_known for told in world.passages] == [False, True]
    operate(world)
    world.look()
    assert len(world.passages) == 2, "the same ones again change nothing"
    world.machine.answers["nft --json list tables"] = GUARD.format(handle=3)
    world.look()
    assert [told.is_known for told in world.passages] == [False, True, True]


def test_the_routes_of_the_operations_are_led_here(world: Watching) -> None:
    operate(world, route_tables=["rtb-0a1b2c3d"])
    for _ in range(2):
        world.look()
    assert [request["routes"]["tables"] for request in world.errands.requests] == [["rtb-0a1b2c3d"]]


def test_an_address_that_nobody_has_is_asked_for(world: Watching) -> None:
    world.held = False
    for _ in range(int(FREE_PERIOD_SECONDS) + 1):
        world.look()
    assert [list(request) for request in world.errands.requests] == [["address"]]


def test_the_guard_is_looked_after_again_half_a_minute_later_and_no_sooner(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.look()
    assert world.look(29.0) == []
    assert len(world.look()) == 1


def test_who_gets_the_address_tells_hosts_what_is_reached(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.held = False
    world.look()
    world.held = True
    world.look()
    assert world.refused[-1] == set()
    told = len(world.refused)
    world.look()
    assert len(world.refused) == told, "the same again is not told again"


def test_a_standby_that_is_not_chosen_refuses_no_network(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.look()
    assert world.refused == [set()]


def test_what_is_asked_of_secrets_manager(world: Watching, large: Settings) -> None:
    world.look()
    asked = world.reporter.requests[-1]["secrets"]
    owners = [one for one in large.tunnels if not one.psk_of]
    assert {name: (one["arn"], one["key"]) for name, one in asked.items()} == {
        one.name: (one.secret, one.key) for one in owners
    }


@pytest.mark.parametrize(
    ("held", "up", "without", "soon"),
    [
        (True, ("Northbridge", "Harbour"), set(), False),
        (True, ("Northbridge",), set(), True),
        (True, ("Northbridge", "Harbour"), {"Harbour_B"}, True),
        (False, (), set(), False),
        (False, (), {"Harbour"}, True),
    ],
)
def test_a_psk_is_asked_for_soon_while_one_may_be_the_trouble(
    world: Watching, held: bool, up: tuple[str, ...], without: set[str], soon: bool
) -> None:
    world.held = held
    world.with_psk -= without
    world.engine_says(*up)
    world.look()
    assert world.reporter.soon == [soon]


def test_a_word_of_a_secret_without_a_psk_stands_in_the_state(world: Watching) -> None:
    world.reporter.answers.append({"secrets": {"Harbour": {"version": "v2", "no_psk": "key-missing"}}})
    world.look()
    assert world.state["tunnels"]["Harbour"]["psk"] == "key-missing"
    assert world.reporter.requests[-1]["secrets"]["Harbour"]["known"] == ["v2"], "and is not fetched again"


def test_a_psk_that_waits_for_the_window_is_not_fetched_again(
    world: Watching, at: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    at[0] -= 3 * 3600
    monkeypatch.setattr(psk, "holds", lambda _tunnel, _value: False)
    world.engine_says("Northbridge", "Harbour")
    operate(world, psk_rotation="in-window")
    world.look()
    world.reporter.answers.append({"secrets": {"Harbour": {"version": "v2", "value": "bmV3"}}})
    world.look()
    assert world.state["tunnels"]["Harbour"]["psk"] == "waiting-for-window"
    assert world.reporter.requests[-1]["secrets"]["Harbour"]["known"] == ["v2"]
    at[0] = SATURDAY
    world.look()
    assert world.reporter.requests[-1]["secrets"]["Harbour"]["known"] == []


def test_an_answer_without_a_value_is_no_psk(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psk, "holds", lambda _tunnel, _value: pytest.fail("there was nothing to take"))
    world.reporter.answers.append({"secrets": {"Harbour": {"version": "v1"}}})
    world.look()
    world.reporter.answers.append({})
    world.look()


@pytest.mark.parametrize(("timezone", "times"), [("Europe/London", 0), ("Mars/Base", 1)])
def test_a_time_zone_that_is_not_here_is_told_once(world: Watching, timezone: str, times: int) -> None:
    for _ in range(2):
        operate(world, restart_window=WINDOW | {"timezone": timezone})
        world.look()
    told = [text for text in world.reporter.said if "time zone" in text]
    assert told == [f"no time zone {timezone} here: the restart window never opens"] * times


COUNTERS = '{{"nftables": [{{"counter": {{"name": "unasked", "packets": {packets}}}}}]}}'


def value(world: Watching, name: str) -> list[float]:
    return [one["Value"] for one in world.reporter.requests[-1]["metrics"] if one["MetricName"] == name]


def test_what_the_guard_refused_is_counted_until_it_was_told(world: Watching) -> None:
    def refused(packets: int) -> list[float]:
        world.machine.answers["nft --json list counters"] = COUNTERS.format(packets=packets)
        world.look()
        return value(world, "UnaskedPackets")

    refused(0)
    world.reporter.sends_metrics = False
    assert (refused(3), refused(5)) == ([3], [5])
    world.reporter.sends_metrics = True
    assert (refused(7), refused(9)) == ([7], [2])


def test_metrics_of_the_gateway(world: Watching) -> None:
    world.look()
    assert (value(world, "EngineRunning"), value(world, "AgentRunning")) == ([1], [1])
    assert {one["Dimensions"][0]["Value"] for one in world.reporter.requests[-1]["metrics"]} == {"acme-capital"}
    world.machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    world.machine.answers["systemctl is-active"] = (3, "", "")
    world.look(60)
    assert (value(world, "EngineRunning"), value(world, "AgentRunning")) == ([0], [0])


def test_seconds_down_are_those_since_they_were_told(world: Watching) -> None:
    for _ in range(3):
        world.look()
    assert value(world, "TunnelDownSeconds") == [1] * 4


def test_the_state_file_and_the_reporter_have_the_same(world: Watching) -> None:
    world.reporter.failing = {"secrets": "AccessDenied"}
    world.look()
    assert world.reporter.kept == world.state
    assert world.state["engine"] == "running"
    assert world.state["aws"] == {"secrets": "AccessDenied"}
    assert world.state["agent"]["running"] is True
    assert world.state["groups"]["harbour"] == {"up": "Harbour", "why": "Harbour is the active one of its group"}
    world.machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    world.look()
    assert world.state["engine"] == "not running"


def test_the_first_look_tells_of_the_tunnels_alone(world: Watching) -> None:
    """A watch that is started again each night must not say that a guard was loaded, or that an engine answers."""
    world.engine_says("Northbridge", "Harbour")
    world.look()
    names = tuple(f"{name}: " for name in world.state["tunnels"])
    assert [text for text in world.reporter.said if not text.startswith(names)] == []


def test_an_engine_that_stops_to_answer_and_answers_again_is_told(world: Watching) -> None:
    says = world.machine.answers["whack --showstates"]
    for answer in (says, (33, "", "is Pluto running?"), (33, "", "is Pluto running?"), says, says):
        world.machine.answers["whack --showstates"] = answer
        world.look()
    told = [text for text in world.reporter.said if text.startswith("the engine ")]
    assert told == ["the engine does not answer", "the engine answers"]


def test_who_looks_first_knows_of_connections(world: Watching) -> None:
    world.look()
    assert world.state["connections"] is True
    assert not [text for text in world.reporter.said if "connections" in text]


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


def test_while_the_engine_is_away_no_standby_is_chosen(world: Watching) -> None:
    world.engine_says("Northbridge")
    for _ in range(int(group.PATIENCE_SECONDS) - 2):
        world.look()
    world.machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    for _ in range(60):
        world.look()
    world.engine_says("Northbridge")
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
    clock[0] += 7 * 24 * 3600
    assert "systemctl start --no-block fixtunnel-upgrade.service" in world.look()


def test_only_what_works_is_probed(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[list[tuple[str, int]], float]] = []
    monkeypatch.setattr(
        Probes, "begin", lambda _self, endpoints, now: begun.append(([one.place for one in endpoints], now))
    )
    operate(world)
    world.engine_says("Harbour", "Harbour_B", "Northbridge")
    world.look()
    world.look()
    assert begun[-2:] == [([], world.clock[0]), ([("192.0.2.20", 5001)], world.clock[0])]
    assert len(begun) == 4
    world.engine_says("Northbridge")
    world.look()
    assert len(begun) == 5


def test_a_tunnel_without_its_psk_waits(world: Watching) -> None:
    world.with_psk.discard("Harbour")
    world.look()
    assert world.states()["Harbour"] == "waiting-for-psk"
    assert not world.machine.has_run("whack --name Harbour --asynchronous")


class Connecting:
    """A connect that is decided at a moment."""

    def __init__(self, decided: float) -> None:
        self._decided = decided
        self.looked: list[float] = []

    @property
    def waiting(self) -> object | None:
        return None if self.looked and self.looked[-1] >= self._decided else self

    def look(self, now: float) -> None:
        self.looked.append(now)


def test_a_connect_is_looked_at_as_it_is_decided_and_the_next_look_is_not_late(
    world: Watching, no_waiting: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    began, probe = no_waiting[0], Connecting(no_waiting[0] + 0.25)

    def wait(read: Any, write: list[Connecting], failed: Any, seconds: float) -> None:
        """Until one is decided, or the time is over."""
        assert (read, failed) == ([], [])
        at = [one._decided for one in write]
        no_waiting[0] = min([no_waiting[0] + seconds, *at])

    monkeypatch.setattr(select, "select", wait)
    monkeypatch.setattr(
        Probes, "waiting", property(lambda self: [probe] if self is first and probe.waiting is not None else [])
    )
    first = next(iter(world.watch._keepers.values())).probes
    world.watch.wait(1.0)
    assert probe.looked == [began + 0.25]
    assert no_waiting[0] == began + 1.0


def test_who_holds_the_address_is_asked_each_second(no_waiting: list[float]) -> None:
    asked: list[float] = []

    class Held:
        def look(self) -> None:
            asked.append(no_waiting[0])
            if len(asked) == 3:
                raise KeyboardInterrupt

    looked: list[float] = []
    way = SimpleNamespace(look=looked.append)
    with pytest.raises(KeyboardInterrupt):
        watch._follow(Held(), way)  # type: ignore[arg-type]
    assert looked == [1001.0, 1002.0]
    assert asked == [1001.0, 1002.0, 1003.0]


@pytest.mark.parametrize(("told", "name"), [("i-0a1b2c3d", "i-0a1b2c3d"), ("", "gateway"), (NoAnswer("no"), "gateway")])
def test_an_instance_whose_name_nobody_tells_has_one(told: str | NoAnswer, name: str) -> None:
    class Said(Metadata):
        def get(self, path: str) -> str:
            assert path == "instance-id"
            if isinstance(told, NoAnswer):
                raise told
            return told

    assert watch._instance(Said()) == name


def test_what_runs_beside_what(large: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is asked for in a thread that ends with the watch; AWS and EC2 by a child each: neither waits."""
    made: dict[str, Any] = {}
    waited: list[float] = []

    def keeping(name: str) -> Callable[..., Any]:
        def make(*positional: Any, **named: Any) -> Any:
            made[name] = (positional, named)
            return made.setdefault(f"the {name}", Thing())

        return make

    class Thing:
        tell = claimed = held = "of it"

        def look(self) -> None:
            made.setdefault("looks", []).append(1)

        def start(self) -> None:
            made["started"] = True

        def wait(self, seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(settings, "load", lambda: large)
    monkeypatch.setattr(card, "load", lambda metadata: OURS if isinstance(metadata, Metadata) else None)
    monkeypatch.setattr(Metadata, "get", lambda _self, _path: "i-0a1b2c3d")
    monkeypatch.setattr(address, "Address", keeping("address"))
    monkeypatch.setattr(threading, "Thread", keeping("thread"))
    for name in ("Reporter", "Reclaim", "Watch", "WayOut"):
        monkeypatch.setattr(watch, name, keeping(name.lower()))
    with pytest.raises(KeyboardInterrupt):
        watch.main()
    held = made["the address"]
    assert made["address"][0][:2] == (large, OURS) and isinstance(made["address"][0][2], Metadata)
    assert made["thread"] == ((), {"target": watch._follow, "args": (held, made["the wayout"]), "daemon": True})
    assert made["started"]
    assert made["wayout"][0][0] == OURS
    assert made["wayout"][1]["holds"]() == "of it"
    here, instance, child = made["reporter"][0]
    assert (here, instance, type(child)) == (large, "i-0a1b2c3d", Child)
    (own, another), named = made["reclaim"]
    assert (own, type(another), another is not child) == (OURS, Child, True)
    assert named == {"tell": made["the reporter"].tell, "held": held}
    given, named = made["watch"]
    assert given == (large, OURS)
    assert named["holds"]() == "of it"
    assert (named["reporter"], named["reclaim"]) == (made["the reporter"], made["the reclaim"])
    assert waited == [watch.PERIOD_SECONDS] * 2
    assert len(made["looks"]) == 3, "the address at once, and the watch twice"


def test_tunnels_without_an_answering_engine_are_shown_as_such(world: Watching) -> None:
    world.machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    world.look()
    assert set(world.states().values()) == {"engine-down"}


def test_each_keeper_is_given_what_it_needs(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, dict[str, Any]] = {}
    tend = Keeper.tend

    def tended(self: Keeper, **how: Any) -> None:
        given[self.tunnel.name] = how
        tend(self, **how)

    monkeypatch.setattr(Keeper, "tend", tended)
    world.engine_says("Northbridge", "Harbour")
    world.look()
    world.look()
    assert {name: how["wanted"] for name, how in given.items()} == {
        "Northbridge": True,
        "Northbridge_B": False,
        "Harbour": True,
        "Harbour_B": False,
    }
    assert not any(how["may_restart"] or how["waits_for_psk"] for how in given.values())
    assert {how["now"] for how in given.values()} == {world.clock[0]}
