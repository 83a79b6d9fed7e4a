"""What the watch asks of EC2, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from fixtunnel.child import Child
from fixtunnel.reclaim import (
    CLOSE_PERIOD_SECONDS,
    CLOSE_SECONDS,
    FREE_PERIOD_SECONDS,
    ROUTES_PERIOD_SECONDS,
    Reclaim,
)
from tests.unit.gateway.test_card import OURS


class Errands(Child):
    """Answers each errand at the next look, as the test says."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.urgent: list[bool] = []
        self.reply: dict[str, Any] = {}
        self._open = False

    @property
    def is_busy(self) -> bool:
        return self._open

    def begin(self, request: dict[str, Any], *, urgent: bool = False) -> None:
        self.requests.append(request)
        self.urgent.append(urgent)
        self._open = True

    def answer(self) -> dict[str, Any] | None:
        if not self._open:
            return None
        self._open = False
        return {"errors": {}} | self.reply


class Known:
    """Who has the address, as EC2 answered."""

    def __init__(self) -> None:
        self.is_doubted = False
        self.said: list[str] = []

    def claimed(self) -> None:
        self.said.append("ours")
        self.is_doubted = False

    def is_elsewhere(self) -> None:
        self.said.append("elsewhere")
        self.is_doubted = False


class World:
    """A reclaim second by second."""

    def __init__(self) -> None:
        self.errands = Errands()
        self.said: list[str] = []
        self.known = Known()
        self.now = 1000.0
        self.reclaim = Reclaim(OURS, self.errands, tell=self.said.append, held=self.known)

    def go(self, seconds: float, *, held: bool, tables: tuple[str, ...] = ("rtb-1",)) -> list[float]:
        """Look each second; how long after the beginning an errand went out."""
        began, asked = self.now, []
        while self.now < began + seconds:
            before = len(self.errands.requests)
            self.reclaim.look(held=held, tables=tables, now=self.now)
            if len(self.errands.requests) > before:
                asked.append(self.now - began)
            self.now += 1
        return asked


@pytest.fixture
def world() -> World:
    return World()


def test_routes_are_looked_after_at_once_closely_and_then_now_and_then(world: World) -> None:
    asked = world.go(CLOSE_SECONDS + 3 * ROUTES_PERIOD_SECONDS, held=True)
    assert asked[:3] == [0, CLOSE_PERIOD_SECONDS, 2 * CLOSE_PERIOD_SECONDS]
    assert [b - a for a, b in zip(asked[-3:], asked[-2:], strict=False)] == [ROUTES_PERIOD_SECONDS] * 2
    assert all(list(one) == ["routes", "astray"] for one in world.errands.requests)


def test_without_route_tables_ec2_is_left_alone(world: World) -> None:
    assert world.go(300, held=True, tables=()) == []


def test_who_lost_the_address_asks_whether_it_is_free(world: World) -> None:
    world.go(10, held=True)
    world.errands.requests.clear()
    world.errands.reply = {"address": "i-new"}
    asked = world.go(35, held=False)
    assert asked[:3] == [FREE_PERIOD_SECONDS + again * CLOSE_PERIOD_SECONDS for again in range(3)]
    assert all(list(one) == ["address", "routes"] for one in world.errands.requests), (
        "the routes follow in the same errand"
    )
    assert all(world.errands.urgent)
    assert (world.known.said, world.said) == ([], [])


def test_who_waits_for_long_asks_less_often(world: World) -> None:
    world.errands.reply = {"address": "i-legacy"}
    asked = world.go(CLOSE_SECONDS + 3 * FREE_PERIOD_SECONDS, held=False)
    assert [b - a for a, b in zip(asked[-3:], asked[-2:], strict=False)] == [FREE_PERIOD_SECONDS] * 2


@pytest.mark.parametrize(("answer", "said"), [("", "ours"), ("i-new", "elsewhere")])
def test_an_address_that_the_metadata_service_does_not_show_is_asked_for_at_ec2(
    world: World, answer: str, said: str
) -> None:
    world.go(10, held=True)
    world.errands.requests.clear()
    world.known.is_doubted, world.errands.reply = True, {"address": answer}
    world.go(10, held=True)
    assert list(world.errands.requests[0]) == ["address", "routes", "astray"]
    assert world.known.said[0] == said
    assert world.said == []


def test_a_route_that_does_not_lead_here_is_said_once_and_known(world: World) -> None:
    world.errands.reply = {"routes": [], "astray": ["192.0.2.0/24 in rtb-1"]}
    world.go(60, held=True)
    assert world.said == ["no route leads here for 192.0.2.0/24 in rtb-1: there is none, or it is somebody else's"]
    assert world.reclaim.astray == ["192.0.2.0/24 in rtb-1"]
    world.errands.reply = {"routes": [], "astray": []}
    world.go(20, held=True)
    assert world.reclaim.astray == []


def test_who_gets_it_again_says_so_once_and_looks_after_the_routes_at_once(world: World) -> None:
    world.go(10, held=True)
    world.errands.reply = {"address": ""}
    world.go(FREE_PERIOD_SECONDS + 2, held=False)
    assert world.known.said == ["ours"]
    world.errands.reply = {"routes": ["192.0.2.0/24 in rtb-1"]}
    assert world.go(3, held=True)[0] == 0
    assert world.said == [
        "EC2 says that this instance has the Elastic IP",
        "the route to 192.0.2.0/24 in rtb-1 leads here again",
    ]


def test_until_the_routes_lead_here_an_errand_yields_to_nothing(world: World) -> None:
    """Nobody trades until then. Afterwards the tunnels come first."""
    world.errands.reply = {"errors": {"routes": "Throttling"}}
    world.go(3 * CLOSE_PERIOD_SECONDS, held=True)
    world.errands.reply = {"routes": []}
    world.go(3 * CLOSE_PERIOD_SECONDS, held=True)
    assert world.errands.urgent == [True, True, True, True, False, False]
    world.go(2 * FREE_PERIOD_SECONDS + 1, held=False)
    assert world.errands.urgent[-2:] == [True, True]
    assert world.errands.is_busy, "asked by one that had lost the address"
    world.go(CLOSE_PERIOD_SECONDS, held=True)
    assert world.errands.urgent[-1], "so its answer says nothing of the routes now"


def test_what_ec2_refuses_for_good_delays_no_packet(world: World) -> None:
    world.errands.reply = {"errors": {"routes": "AccessDenied"}}
    world.go(CLOSE_SECONDS + 2 * ROUTES_PERIOD_SECONDS, held=True)
    assert (world.errands.urgent[0], world.errands.urgent[-1]) == (True, False)


def test_who_lost_the_address_asks_without_route_tables_too(world: World) -> None:
    world.go(FREE_PERIOD_SECONDS + 1, held=False, tables=())
    assert [list(one) for one in world.errands.requests] == [["address"]]


def test_what_fails_is_said_once(world: World) -> None:
    world.errands.reply = {"errors": {"routes": "AccessDenied"}}
    world.go(60, held=True)
    assert world.said == ["EC2 does not take or give routes: AccessDenied"]
