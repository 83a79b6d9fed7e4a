"""Two gateways, one address: at most one is heard, somebody serves soon, nothing moves to and fro; whatever happens.

`make test` tries every two mishaps; FIXTUNNEL_PAIR_MISHAPS=3 (`make test-nightly`) every three of those that belong together.
"""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from fixtunnel import pair
from fixtunnel.pair import NEVER, Beat, Memory, Seen, Times, look
from tests.unit.gateway.pair_search import Broken, explore, moves, patience, play, silence
from tests.unit.gateway.pair_world import LONG, STALE, TIMES, Look, Rules

MISHAPS = int(os.environ.get("FIXTUNNEL_PAIR_MISHAPS", "2"))
CALLS = frozenset({"lost", "unanswered", "slow", "late", "stale"})
GATEWAY = frozenset({"power", "hang", "fit", "take"})
AROUND = frozenset({"beats", "ec2", "region", "metadata", "path", "hand"})
ASLEEP = frozenset({"freeze", "lag"})


@pytest.mark.parametrize(
    ("metadata", "quick"), [("silent", True), ("ok", False)], ids=["by EC2's word alone, at once", "with all, slowly"]
)
@pytest.mark.parametrize("comes", [True, False], ids=["the venue's packets come", "nothing comes"])
def test_one_that_lives_is_silent_in_time(metadata: str, quick: bool, comes: bool) -> None:
    """Though the edge went on translating for the loser for ever."""
    rules = Rules(CALLS | GATEWAY | AROUND, edge=LONG, metadata=metadata, quick=quick, comes=comes)
    assert explore(rules, mishaps=2) > 30_000


@pytest.mark.parametrize("comes", [True, False], ids=["the venue's packets come", "nothing comes"])
def test_one_that_is_frozen_or_misled_is_not_heard(comes: bool) -> None:
    """It cannot be silent in time. But the edge has stopped translating for it by the end of the fence."""
    may = ASLEEP | {"beats", "ec2", "power", "unanswered", "take"}
    assert explore(Rules(may, edge=int(TIMES.fence), comes=comes), mishaps=2) > 10_000


def test_the_fence_is_what_keeps_a_frozen_one_unheard() -> None:
    """With an edge that follows later, one that wakes is heard beside the other: the world knows what it says."""
    with pytest.raises(Broken, match="both speak"):
        explore(Rules(frozenset({"freeze"}), edge=3 * int(TIMES.fence)), mishaps=2)


@pytest.mark.skipif(MISHAPS < 3, reason="nightly: some minutes")
@pytest.mark.parametrize("metadata", ["ok", "silent"])
@pytest.mark.parametrize(
    ("may", "edge"),
    [
        ("beats power stale", LONG),
        ("beats ec2 metadata", LONG),
        ("beats unanswered late", LONG),
        ("beats stale slow", LONG),
        ("beats take slow", LONG),
        ("beats hang ec2", LONG),
        ("beats hand late", LONG),
        ("beats fit late", LONG),
        ("fit take hand", LONG),
        ("beats freeze", int(TIMES.fence)),
        ("freeze lag ec2 late", int(TIMES.fence)),
    ],
)
def test_three_mishaps(may: str, edge: int, metadata: str) -> None:
    assert explore(Rules(frozenset(may.split()), edge=edge, metadata=metadata), mishaps=MISHAPS, limit=3_000_000)


BEATS = Times(**{name: 2 * seconds for name, seconds in asdict(Times()).items()})
"""The program's own, in beats of half a second."""


@pytest.mark.parametrize(
    ("may", "mishap", "at_once", "slowly"),
    [
        ("power", "0: loses its power", 5, 6),
        ("freeze", "0: frozen", 5, 6),
        ("hang", "0: hung", 3, 4),
        ("fit", "0: fit 0", 0.5, 1),
        ("fit", "0: fit 1", 0, 0),
        ("take", "1: told to take", 0, 0),
        ("ec2", "0: reaches EC2 False", 0, 0),
        ("hand", "a hand frees the address", 0.5, 1),
        ("beats", "beats pass (False, False)", 3, 4),
        ("beats", "beats pass (False, True)", 3, 4),
        ("beats", "beats pass (True, False)", 0, 0),
        ("metadata", "0: metadata silent", 0, 0),
        ("power", "1: loses its power", 0, 0),
    ],
)
def test_silence(may: str, mishap: str, at_once: float, slowly: float) -> None:
    """In seconds, with calls that take no time, and half a second each. EC2's edge and IKE come on top."""
    rules = Rules(frozenset({may}), times=BEATS)
    assert silence(play(rules._replace(quick=True), mishap, ticks=200)) / 2 == at_once
    assert silence(play(rules, mishap, ticks=200)) / 2 == slowly


@pytest.mark.parametrize("comes", [True, False])
def test_who_hands_over_speaks_until_the_edge_leads_to_the_other_one(comes: bool) -> None:
    played = play(Rules(frozenset({"take"}), times=BEATS, comes=comes), "1: told to take", ticks=200)
    holders, speaking = ([world.now.holder for world in played], [world.gateways[0].speaks > 0 for world in played])
    handing = [holder == 1 and speaks for holder, speaks in zip(holders, speaking, strict=True)]
    assert sum(handing) / 2 == pytest.approx(1 if comes else BEATS.lag / 2, abs=1)
    assert not any(speaking[-100:])


@pytest.mark.parametrize("at", range(0, 20, 3))
def test_where_ec2_answers_nobody_all_stays_as_it_is(at: int) -> None:
    """Each learns of it at another moment: neither may hand over to one that only believes that it could take."""
    played = play(Rules(frozenset({"region"}), times=BEATS), "EC2 answers False", ticks=400, at=at)
    assert (silence(played), moves(played)) == (0, 0)


HOUR = 7200


@pytest.mark.parametrize(
    ("may", "mishap", "at_most"),
    [
        ("beats", "beats pass (False, False)", 9),
        ("path", "the venue answers False", 6),
        ("power", "0: loses its power", 1),
        ("fit", "0: fit 1", 1),
        ("ec2", "0: reaches EC2 False", 1),
    ],
)
def test_moves_in_an_hour(may: str, mishap: str, at_most: int) -> None:
    """Two that do not see each other wait for longer each time. A venue that answers neither is tried every ten minutes."""
    assert 1 <= moves(play(Rules(frozenset({may}), times=BEATS), mishap, ticks=HOUR)) <= at_most


def test_a_claim_that_is_heard_silences_at_once() -> None:
    serving = Memory(holds="a", since=0, ec2_until=99, heard_until=99, away_at=99)
    quiet = Beat(sent=1, heard=1, state="waiting", holds="", fit=2, wants=False)
    assert look(serving, Seen(now=2, beat=quiet, mine=True), Times())[1].speak_until == 99
    for state, holds in (("claiming", ""), ("serving", "b")):
        heard = replace(quiet, state=state, holds=holds)
        assert look(serving, Seen(now=2, beat=heard, mine=True), Times())[1].speak_until == NEVER


@pytest.mark.parametrize("times", [Times(), TIMES], ids=["the program's", "the world's"])
def test_times_keep_the_order_that_the_proof_is_for(times: Times) -> None:
    look = 0.5 if times == Times() else 0
    age = 0.5 if times == Times() else STALE
    assert times.lease + age + look <= times.fence
    assert times.pace <= times.lease, "one that is asked for in time"
    assert times.poll < times.unheard < times.longest


def test_somebody_serves_within_a_minute() -> None:
    assert patience(Times()) < 60


class Mistake(NamedTuple):
    """What the program says, what it says with the mistake, how it is found."""

    before: str
    after: str
    may: str
    wrong: str
    mishaps: int = 2
    metadata: str = "silent"
    quick: bool = True
    comes: bool = True


BOTH, NOBODY, FLAPS = "both speak", "none does", "to and fro"
MISTAKES = {
    "speaks though it cannot know": Mistake(
        "return max(m.ec2_until, m.heard_until, by_metadata)", "return now + times.lease", "beats ec2", BOTH
    ),
    "goes by EC2's word for too long": Mistake(
        "asked_until=now + times.lease", "asked_until=now + times.fence + 1", "beats ec2", BOTH
    ),
    "goes by the partner's word for too long": Mistake(
        "beat.heard + times.silent + times.lease", "beat.heard + times.silent + times.fence + 1", "beats ec2", BOTH
    ),
    "has no fence": Mistake("max(now, m.serves_until) + times.fence", "now", "beats", BOTH),
    "claims under a promise": Mistake(" or m.hands_until <= now < m.serves_until", "", "", "rest"),
    "speaks though it says that it is silent": Mistake(
        'or m.gives == "yielding" or now <', "or now <", "fit beats", BOTH
    ),
    "promises anew, and keeps no silence for it": Mistake(
        "max(m.fence_until, now + times.silent + times.fence)", "m.fence_until", "take beats", BOTH, comes=False
    ),
    "takes one that cannot know for one that stays silent": Mistake(
        'case "waiting" if beat.holds:', 'case "waiting" if False:', "beats ec2 stale", BOTH, 4
    ),
    "asks nobody after a lost answer": Mistake(
        "known=told if told == FREED else None)", "known=FREED)", "power unanswered lost", NOBODY, quick=False
    ),
    "says that it serves though it is silent": Mistake(
        '"serving" if now < max(speak_until, m.fence_until) else "waiting"',
        '"serving"',
        "beats ec2",
        NOBODY,
        quick=False,
    ),
    "leaves one that it never heard alone for good": Mistake(
        " or now >= m.unheard_at", "", "beats power", NOBODY, metadata="ok"
    ),
    "claims from one that it never heard": Mistake(" or now >= m.unheard_at", " or True", "beats", FLAPS, quick=False),
    "forgets that it handed over": Mistake(
        "now + times.rest if m.ended else m.rest_until", "m.rest_until", "path", FLAPS
    ),
}


def mutated(before: str, after: str) -> Look:
    """The program's `look` with a mistake in one of its functions."""
    source = Path(pair.__file__).read_text()
    assert source.count(before) == 1, before
    made = ModuleType("mutant")
    made.__dict__.update(__name__="fixtunnel.pair")
    exec(compile(source.replace(before, after), "mutant", "exec"), made.__dict__)
    for name, value in vars(pair).items():
        if isinstance(value, type) or name.isupper():
            setattr(made, name, value)
    return made.look


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found(name: str) -> None:
    one = MISTAKES[name]
    rules = Rules(
        frozenset(one.may.split()),
        look=mutated(one.before, one.after),
        metadata=one.metadata,
        quick=one.quick,
        comes=one.comes,
    )
    with pytest.raises(Broken, match=one.wrong):
        explore(rules, mishaps=one.mishaps)
