"""What a planned change of gateways is made of: it is seen that the edge leads here, and the routes are known."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtunnel import arrivals, aws, pairing
from fixtunnel.claim import Claim
from fixtunnel.command import Failed
from fixtunnel.pair import Memory
from fixtunnel.resident import Resident
from fixtunnel.settings import Settings
from fixtunnel.ways import PERIOD_SECONDS, Ways
from tests.unit.gateway.conftest import Answer, Machine
from tests.unit.gateway.test_card import OURS
from tests.unit.gateway.test_pairing import Two, two

__all__ = ["two"]
COUNTER = '{"nftables": [{"metainfo": {}}, {"counter": {"name": "came", "packets": 17, "bytes": 900}}]}'


@pytest.fixture(autouse=True)
def no_waiting() -> None:
    """What goes on beside these tests takes its time."""


@pytest.mark.parametrize(("answer", "count"), [(COUNTER, 17), ((1, "", "no such file"), 0)])
def test_what_came_from_a_venue_is_counted(machine: Machine, answer: Answer, count: int) -> None:
    machine.answers["nft --json list counter inet fixtunnel came"] = answer
    assert arrivals.count() == count


def test_the_other_one_speaks_until_the_venues_packets_come_here(two: Two, tmp_path: Path) -> None:
    two.ec2.holder, two.ec2.number = "i-0", 1
    two.until([True, False])
    came = [0]
    two.all[0]._came = lambda: int(time.monotonic() * 100)
    two.all[1]._came = lambda: came[0]
    (tmp_path / "word").write_text("take\n")
    two.all[1].look(time.monotonic())
    end = time.monotonic() + 30
    while two.ec2.holder != "i-1":
        assert time.monotonic() < end
        two.run(0.1)
    two.run(1.0)
    assert two.speaking() == [True, False]
    came[0] = 3
    two.until([False, True])


def test_it_is_silent_once_nothing_comes_to_it_any_more(
    two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it sends is lost then, and nothing makes the venue send to the other one."""
    monkeypatch.setattr(pairing, "DEPARTURE_SECONDS", 0.3)
    two.ec2.holder, two.ec2.number = "i-0", 1
    two.until([True, False])
    (tmp_path / "word").write_text("take\n")
    two.all[1].look(time.monotonic())
    two.until([False, True])
    assert time.monotonic() < two.all[1]._memory.lag_until


def test_the_end_of_a_fence_is_not_missed(two: Two) -> None:
    one = two.all[0]
    begun = time.monotonic()
    one._memory = replace(Memory(), holds="eipassoc-1", fence_until=begun + 0.3)
    one.wait(begun + 20)
    assert 0.25 < time.monotonic() - begun < 10


# The routes.


class Asked(Resident):
    """Keeps what it is asked."""

    def __init__(self) -> None:
        super().__init__(())
        self.asked: list[bool] = []
        self.fails = False

    def ask(self, request: dict[str, Any]) -> Any:
        assert (request["part"], request["given"]["card"]["interface"]) == ("routes", OURS.interface)
        self.asked.append(request["given"]["moves"])
        if self.fails:
            raise Failed("EC2 does not answer")
        return []


def until(ways: Ways, count: int, now: float, *, stands_by: bool) -> None:
    end = time.monotonic() + 20
    calls = ways._calls
    assert isinstance(calls, Asked)
    while len(calls.asked) < count or ways._caller.is_busy:
        assert time.monotonic() < end
        ways.look(now, stands_by=stands_by)
        time.sleep(0.01)


def test_who_stands_by_looks_and_moves_nothing() -> None:
    ways = Ways(OURS, calls := Asked())
    ways.look(5.0, stands_by=False)
    assert calls.asked == []
    until(ways, 1, 10.0, stands_by=True)
    ways.look(10.0 + PERIOD_SECONDS - 1, stands_by=True)
    assert calls.asked == [False]
    until(ways, 2, 10.0 + PERIOD_SECONDS, stands_by=True)
    assert calls.asked == [False, False]


def test_routes_that_are_wanted_are_moved_once(capsys: pytest.CaptureFixture[str]) -> None:
    ways = Ways(OURS, calls := Asked())
    calls.fails = True
    ways.want()
    until(ways, 1, 10.0, stands_by=False)
    assert calls.asked == [True]
    assert "the routes do not follow yet: EC2 does not answer" in capsys.readouterr().out


def test_whose_a_route_is_is_asked_once(monkeypatch: pytest.MonkeyPatch, seed: Settings) -> None:
    network = seed.tunnels[0].remote[0]
    asked, moved = list[str](), list[str]()

    def instance_of(target: str) -> aws.Instance:
        asked.append(target)
        return aws.Instance(seed.stack, "running")

    monkeypatch.setattr(aws, "_OF_STACK", set())
    monkeypatch.setattr(aws, "instance_of", instance_of)
    monkeypatch.setattr(aws, "routes", lambda _: {("rtb-1", network): "eni-2"})
    monkeypatch.setattr(aws, "lead", lambda _table, net, _to: moved.append(net))
    claim = Claim(seed, OURS, ["rtb-1"])
    assert (claim.lead_here(moves=False), moved) == ([], [])
    assert claim.lead_here() == [f"{network} in rtb-1"]
    assert (asked, moved) == (["eni-2"], [network])
