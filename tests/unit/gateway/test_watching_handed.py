"""The watch of one of a pair that has just got its turn: IKE comes first, and nothing else computes meanwhile."""

from __future__ import annotations

import pytest

from fixtunnel import repair, watch
from fixtunnel.reclaim import PAIR_SECONDS, Reclaim
from tests.unit.gateway.test_card import OURS
from tests.unit.gateway.test_reclaim import Errands, Known
from tests.unit.gateway.watching import Watching, at, world

__all__ = ["at", "world"]


@pytest.fixture
def paired(world: Watching) -> Watching:
    facts = {"state": "serves", "heard": True, "fit": 2, "partner": "i-2", "since": 1, "aws": "", "held": False}
    world.watch._pair = lambda: facts
    world.held = False
    world.look()
    world.look()
    return world


def test_one_that_has_its_turn_negotiates_first(paired: Watching) -> None:
    paired.held = True
    ran = paired.look()
    assert ran[:2] == [f"whack --name {name} --asynchronous --initiate" for name in ("Northbridge", "Harbour")]
    assert sum("--initiate" in line for line in ran) == 2, "and not once more in the same look"


def test_it_looks_often_and_tells_aws_nothing_until_all_is_up(paired: Watching) -> None:
    asked = len(paired.reporter.requests)
    paired.held = True
    paired.look()
    assert (paired.watch.pause, len(paired.reporter.requests)) == (watch.TURNING_PERIOD_SECONDS, asked)
    paired.engine_says("Northbridge", "Harbour")
    paired.look(watch.TURNING_PERIOD_SECONDS)
    assert (paired.watch.pause, len(paired.reporter.requests)) == (watch.PERIOD_SECONDS, asked + 1)


def test_a_venue_that_does_not_answer_is_told_all_the_same(paired: Watching) -> None:
    paired.held = True
    paired.look()
    asked = len(paired.reporter.requests)
    paired.look(watch.TURNING_SECONDS)
    assert (paired.watch.pause, len(paired.reporter.requests)) == (watch.PERIOD_SECONDS, asked + 1)
    assert repair.REVIVAL_SECONDS < watch.TURNING_SECONDS


def test_the_gate_of_one_that_stands_by_is_ready(paired: Watching) -> None:
    """So that its turn costs it no rule and no route."""
    assert "assert all" in paired.routed
    paired.routed.clear()
    paired.held = True
    paired.look()
    assert paired.routed == []


def test_a_pairs_watch_leaves_the_routes_to_its_program_at_first() -> None:
    reclaim = Reclaim(OURS, errands := Errands(), tell=lambda _: None, held=Known(), takes_address=False)
    reclaim.look(held=True, tables=["rtb-1"], now=100.0)
    assert errands.requests == []
    reclaim.look(held=True, tables=["rtb-1"], now=100.0 + PAIR_SECONDS)
    assert len(errands.requests) == 1
