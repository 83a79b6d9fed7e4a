"""A pair's program: two of them over real sockets, with an EC2 of the test's own."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from fixtunnel import aws, holding, pairing, state, turn
from fixtunnel.command import Failed
from fixtunnel.fitness import ENGINE_SECONDS, LATE_SECONDS, STALE_SECONDS, TROUBLED_SECONDS, Fitness
from fixtunnel.lock import Lock
from fixtunnel.pair import FAILED, FREED, NEVER, Call, Next, Times, Told
from fixtunnel.pairing import Pairing
from fixtunnel.settings import Settings
from fixtunnel.speech import Speech
from fixtunnel.turn import LAPSE_SECONDS, Turn
from fixtunnel.wayout import WayOut
from tests.unit.gateway.conftest import Machine
from tests.unit.gateway.test_calls import child
from tests.unit.gateway.test_card import OURS as CARD

KEY = b"k" * 32
QUICK = Times(silent=0.5, lease=0.4, fence=0.6, pace=0.1, poll=1.0, unheard=3.0, away=2.0, handing=2.0)


@pytest.fixture(autouse=True)
def no_waiting() -> None:
    """These programs speak with each other, so their clock goes on."""


class Ec2:
    """Who holds the address; one association after another."""

    def __init__(self) -> None:
        self.holder, self.number, self.is_silent = "", 0, False

    @property
    def association(self) -> str:
        return f"eipassoc-{self.number}"


class OneLock:
    """What one gateway's calls do."""

    def __init__(self, ec2: Ec2, own: str) -> None:
        self.ec2, self.own, self.partner, self.failing = ec2, own, "", ""

    def do(self, call: Call) -> Told:
        ec2 = self.ec2
        if ec2.is_silent or (call.kind == "take" and ec2.holder):
            return FAILED
        if call.kind == "free":
            ec2.holder = "" if call.association == ec2.association else ec2.holder
            return FREED
        if call.kind == "take":
            ec2.holder, ec2.number = self.own, ec2.number + 1
        if not ec2.holder:
            return Told("none")
        who = "me" if ec2.holder == self.own else "partner" if ec2.holder == self.partner else "other"
        return Told(who, ec2.association)


class Voice:
    """What the kernel was told."""

    until_moment = NEVER

    def until(self, moment: float, now: float) -> None:
        self.until_moment = moment

    @property
    def speaks(self) -> bool:
        return time.monotonic() < self.until_moment


class Two:
    """Both gateways of a pair on this machine, each with an address of loopback's."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self.ec2, self.fit = Ec2(), [2, 2]
        self.voices: list[Voice] = [Voice(), Voice()]
        self.all: list[Pairing] = []
        self.port = 0
        patch.setattr(pairing, "BEAT_SECONDS", 0.1)
        patch.setattr(pairing, "WORD", folder / "word")
        patch.setattr(turn, "write", lambda *_, **__: None)
        patch.setattr(state, "read", lambda: {})
        self.sockets = [self._bound(n) for n in (0, 1)]
        patch.setattr(pairing, "BEAT_PORT", self.sockets[0].getsockname()[1])
        for number in (0, 1):
            one = Pairing(
                KEY,
                own=f"i-{number}",
                sock=self.sockets[number],
                lock=OneLock(self.ec2, f"i-{number}"),
                speech=self.voices[number],
                mine=lambda: None,
                took=lambda: None,
                times=QUICK,
            )
            one._fitness.look = lambda *_, number=number, **__: self.fit[number]
            one.meet(aws.Partner(f"i-{1 - number}", f"127.0.0.{3 - number}"))
            self.all.append(one)

    def _bound(self, number: int) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.bind((f"127.0.0.{2 + number}", self.port))
        self.port = sock.getsockname()[1]
        return sock

    def run(self, seconds: float, *, without: int | None = None) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for number, one in enumerate(self.all):
                if number != without:
                    one.look(time.monotonic())
                    one.wait(time.monotonic() + 0.05)
            assert not all(voice.speaks for voice in self.voices)

    def until(self, speaking: list[bool], *, without: int | None = None) -> None:
        """Until these speak: a busy machine takes its time."""
        end = time.monotonic() + 30
        while self.speaking() != speaking:
            assert time.monotonic() < end, self.speaking()
            self.run(0.1, without=without)

    def speaking(self) -> list[bool]:
        return [voice.speaks for voice in self.voices]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Two]:
    made = Two(monkeypatch, tmp_path)
    yield made
    for sock in made.sockets:
        sock.close()


def settled(two: Two) -> None:
    two.ec2.holder, two.ec2.number = "i-0", 1
    two.until([True, False])
    two.run(0.5)
    two.until([True, False])


def test_whom_ec2_has_given_the_address_speaks(two: Two) -> None:
    settled(two)
    assert [one._memory.partner_fit for one in two.all] == [2, 2]


def test_an_address_that_nobody_has_is_taken_by_one(two: Two) -> None:
    end = time.monotonic() + 30
    while not any(two.speaking()):
        assert time.monotonic() < end
        two.run(0.1)


def test_who_falls_silent_is_followed(two: Two) -> None:
    settled(two)
    two.until([False, True], without=0)
    assert two.ec2.holder == "i-1"


def test_a_person_has_the_other_one_take_over(two: Two, tmp_path: Path) -> None:
    settled(two)
    (tmp_path / "word").write_text("take\n")
    two.all[1].look(time.monotonic())
    assert not (tmp_path / "word").exists()
    two.until([False, True])


def test_who_cannot_serve_hands_over(two: Two) -> None:
    settled(two)
    two.fit[0] = 0
    two.until([False, True])


def test_without_ec2_all_stays_as_it_is(two: Two) -> None:
    settled(two)
    two.ec2.is_silent = True
    two.run(4.0)
    assert (two.ec2.holder, two.ec2.number) == ("i-0", 1)
    two.until([True, False])


def test_who_was_never_answered_by_ec2_is_not_fit(two: Two) -> None:
    two.ec2.is_silent = True
    two.run(1.0)
    assert [one._memory.partner_fit for one in two.all] == [0, 0]
    two.ec2.is_silent = False
    settled(two)
    two.run(1.0)
    assert two.all[0]._memory.partner_fit == 2


def test_who_leaves_has_handed_over(two: Two) -> None:
    settled(two)
    two.all[0].is_leaving = True
    assert not two.all[0].has_left
    two.until([False, True])
    end = time.monotonic() + 30
    while not two.all[0].has_left:
        assert time.monotonic() < end
        two.run(0.1)


@pytest.mark.parametrize(
    "slow", ["time.sleep(20)", "[n * n for n in range(10**9)]"], ids=["who waits for 20 s", "who computes for 20 s"]
)
def test_a_slow_ec2_delays_no_beat(two: Two, slow: str) -> None:
    settled(two)
    one = child(f"import sys, time\nfor line in sys.stdin: {slow}")
    two.all[0]._lock = Lock(CARD, one)
    two.all[0]._memory = replace(two.all[0]._memory, poll_at=NEVER)  # asks at once
    looks: list[float] = []
    plain = two.all[0].look

    def look(now: float) -> Next:
        looks.append(now)
        return plain(now)

    two.all[0].look = look
    two.run(1.8)
    assert two.all[0]._caller.is_busy
    assert max(after - before for before, after in pairwise(looks)) < 5.0
    assert two.ec2.holder == "i-0"
    one.end()


def test_a_gateway_that_stood_still_has_heard_the_other_one(two: Two) -> None:
    settled(two)
    end = time.monotonic() + 2 * QUICK.silent
    while time.monotonic() < end:
        two.all[0].look(time.monotonic())
        two.all[0].wait(time.monotonic() + 0.05)
    two.all[1].wait(time.monotonic() - 1)
    assert two.all[1].look(time.monotonic()).beat.state == "waiting"
    assert two.all[1].is_heard(time.monotonic())


# What the kernel is told.


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> Machine:
    return machine


def test_the_kernel_ends_what_it_was_told(told: Machine, seed: Settings) -> None:
    voice = Speech(seed, CARD)
    voice.until(NEVER, 100.0)
    assert told.ran == ["nft flush set inet fixtunnel venue_gateways"]
    voice.until(102.5, 100.0)
    assert told.ran[1:] == ["nft -f -"]
    assert "timeout 2500ms" in told.read[1]
    voice.until(103.0, 100.5)
    assert len(told.ran) == 2
    voice.until(103.6, 101.0)
    assert len(told.ran) == 3


def test_the_kernel_is_told_if_it_is_less(told: Machine, seed: Settings) -> None:
    voice = Speech(seed, CARD)
    voice.until(104.0, 100.0)
    voice.until(102.0, 101.0)
    assert "timeout 1000ms" in told.read[-1]
    voice.until(NEVER, 101.5)
    assert told.ran[-1] == "nft flush set inet fixtunnel venue_gateways"


def test_what_the_kernel_did_not_take_is_told_again(told: Machine, seed: Settings) -> None:
    told.answers["nft -f -"] = (1, "", "no such table")
    voice = Speech(seed, CARD)
    with pytest.raises(Failed):
        voice.until(102.0, 100.0)
    told.answers["nft -f -"] = ""
    voice.until(102.0, 100.5)
    assert told.ran[-1] == "nft -f -"


# What the other program reads.


FACTS = {"state": "serves", "since": 1, "partner": "i-1", "heard": True, "fit": 2, "aws": ""}


def say(path: Path, until: float, *, has_lost: bool = False) -> None:
    turn.write(until, FACTS, has_lost=has_lost, path=path)


def test_a_turn_ends_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "pair.json"
    one = Turn(path)
    assert not one.keeps(5.0)
    say(path, 10.0)
    assert one.keeps(9.9)
    assert one.keeps(10.0 + LAPSE_SECONDS - 0.1)
    assert not one.keeps(10.0 + LAPSE_SECONDS)
    assert one.facts == FACTS


def test_who_is_unsure_for_a_moment_keeps_its_tunnels(tmp_path: Path) -> None:
    path = tmp_path / "pair.json"
    one = Turn(path)
    say(path, 10.0)
    assert one.keeps(9.0)
    say(path, NEVER)
    assert one.keeps(11.0)
    say(path, 14.0)
    assert one.keeps(13.0)
    say(path, NEVER)
    assert not one.keeps(14.0 + LAPSE_SECONDS)


def test_who_has_lost_the_address_keeps_nothing(tmp_path: Path) -> None:
    path = tmp_path / "pair.json"
    one = Turn(path)
    say(path, 10.0)
    assert one.keeps(9.0)
    say(path, NEVER, has_lost=True)
    assert not one.keeps(9.1)
    say(path, NEVER)
    assert not one.keeps(9.2)


# Fitness.


def seen(tunnel: str = "up", engine: str = "running", age: float = 0) -> dict[str, object]:
    return {"time": time.time() - age, "engine": engine, "tunnels": {"One": {"state": tunnel, "venue": "lse"}}}


def test_fitness() -> None:
    one = Fitness()
    assert one.look(seen(), serves=True, now=0) == 2
    assert one.look(seen(age=STALE_SECONDS + 5), serves=True, now=1) == 1
    assert one.look({"state": "booting", "time": time.time()}, serves=False, now=2) == 0
    assert one.look(seen(), serves=True, now=2.5) == 2
    assert one.look(seen(engine="not running"), serves=True, now=3) == 2
    assert one.look(seen(engine="not running"), serves=True, now=2.5 + LATE_SECONDS) == 1
    assert one.look(seen(engine="not running"), serves=True, now=ENGINE_SECONDS + 3) == 0


def test_a_path_that_is_dead_is_remembered() -> None:
    one = Fitness()
    assert one.look(seen("up"), serves=True, now=0) == 2
    assert one.look(seen("down"), serves=True, now=TROUBLED_SECONDS - 1) == 2
    assert one.look(seen("down"), serves=True, now=TROUBLED_SECONDS) == 1
    assert one.look(seen("silent"), serves=False, now=TROUBLED_SECONDS + 100) == 1
    assert one.look(seen("up"), serves=True, now=TROUBLED_SECONDS + 200) == 2


# The watch beside it.


def test_the_watch_of_one_of_a_pair_goes_by_its_turn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "pair.json"
    monkeypatch.setattr(holding, "Turn", lambda: Turn(path))
    ways: list[WayOut] = []
    monkeypatch.setattr(holding, "_beside", lambda address, way: ways.append(way) if address is None else None)
    held = holding.of_pair(CARD)
    assert held.pair is not None
    assert (held.holds(), held.pair()) == (False, None)
    say(path, time.monotonic() + 60)
    assert (held.holds(), held.pair()) == (True, FACTS)
    (way,) = ways
    assert way._holds(), "after a stop and a start its way to AWS is the Elastic IP"


def test_who_asks_for_no_address_leads_its_calls_out_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(_now: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with pytest.raises(KeyboardInterrupt):
        holding._follow(None, SimpleNamespace(look=end))
