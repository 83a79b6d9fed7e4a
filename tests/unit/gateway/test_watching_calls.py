"""What the watch hands on at each look: to routes, to AWS, to the state file, to a probe."""

from __future__ import annotations

from typing import Any

import pytest

from fixtunnel import psk
from fixtunnel.keeper import Keeper
from fixtunnel.operations import Endpoint
from fixtunnel.probes import Probes
from fixtunnel.reclaim import FREE_PERIOD_SECONDS
from fixtunnel.settings import Settings
from tests.unit.gateway.conftest import GUARD
from tests.unit.gateway.watching import SATURDAY, WINDOW, Watching, at, operate, world

__all__ = ["at", "world"]


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


def test_who_looks_first_knows_of_connections(world: Watching) -> None:
    world.look()
    assert world.state["connections"] is True
    assert not [text for text in world.reporter.said if "connections" in text]


def test_only_what_works_is_probed(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[list[tuple[str, int]], float]] = []

    def begin(_self: Probes, endpoints: tuple[Endpoint, ...], now: float, *, may_ask: bool) -> None:
        assert may_ask, "no hours are known"
        begun.append(([one.place for one in endpoints], now))

    monkeypatch.setattr(Probes, "begin", begin)
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
