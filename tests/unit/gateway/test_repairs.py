"""What is done about a tunnel that is not well, and when: at once at first, then at a pace that a venue bears."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest

from fixtunnel.repair import AFRESH, INITIATE, REPLACE, RESTART_ENGINE, Repair
from fixtunnel.sight import ChildSa, Seen
from fixtunnel.traffic import SILENT_SECONDS, Traffic
from tests.unit.gateway.street import ORDERS, sessions

START = 10_000.0
"""The machine has been up for a while."""


def steps(
    repair: Repair, state: str, *, seconds: int, progress: str = "I1", may_restart: bool = False
) -> dict[int, str]:
    """What is done in which second from now, looking once a second."""
    found = {}
    for second in range(seconds):
        if step := repair.next(state=state, progress=progress, now=START + second, may_restart=may_restart):
            found[second] = step
    return found


def gaps(found: Iterable[int]) -> list[int]:
    return [after - before for before, after in pairwise(found)]


def test_a_tunnel_that_is_down_is_brought_up_at_once() -> None:
    assert Repair().next(state="down", progress="", now=50.0, may_restart=False) == INITIATE


def test_one_that_falls_is_revived_by_the_engine_itself() -> None:
    """Only one that it leaves down is begun by us: two at once would make two child SAs."""
    repair = Repair()
    repair.is_well(carried=True)
    assert steps(repair, "down", seconds=6) == {2: INITIATE}


def test_an_attempt_without_an_answer_is_begun_afresh() -> None:
    """Every 4 s: pluto's own repetitions would soon be 16 and 32 s apart."""
    assert steps(Repair(), "trying", seconds=14) == {4: AFRESH, 8: AFRESH, 12: AFRESH}


def test_a_negotiation_that_makes_progress_is_left_alone() -> None:
    repair = Repair()
    for now in range(12):
        assert repair.next(state="trying", progress=f"step {now // 3}", now=START + now, may_restart=False) is None


def test_what_an_attempt_of_before_said_does_not_delay_one_that_is_down() -> None:
    repair = Repair()
    found = {}
    for now in range(12):
        if step := repair.next(state="down", progress=f"step {now // 3}", now=START + now, may_restart=False):
            found[now] = step
    assert found == {0: INITIATE, 4: INITIATE, 8: INITIATE}


def test_the_pace_slows_down_and_never_stops() -> None:
    """A fresh attempt every 4 s, after two minutes every 8, after ten minutes every 15: 15 packets a minute at most."""
    found = list(steps(Repair(), "trying", seconds=1800))
    paces = [
        (4 if before < 120 else 8 if before < 600 else 15, gap)
        for before, gap in zip(found[:-1], gaps(found), strict=True)
    ]
    # Where the pace changes the step under way may still have the former one.
    assert sum(pace != gap for pace, gap in paces) <= 2
    assert {gap for _, gap in paces} == {4, 8, 15}


def test_replaced_after_a_minute_and_every_five() -> None:
    found = steps(Repair(), "trying", seconds=8000)
    replaced = [at for at, step in found.items() if step == REPLACE]
    assert replaced[0] == 60
    assert all(300 <= gap <= 330 for gap in gaps(replaced)), "every five minutes"
    assert set(found.values()) == {AFRESH, REPLACE}


@pytest.mark.parametrize("state", ["trying", "down"])
def test_where_the_engine_may_be_restarted_that_is_the_next_step(state: str) -> None:
    assert set(steps(Repair(), state, seconds=9, may_restart=True).values()) == {RESTART_ENGINE}


def test_a_tunnel_that_had_to_rest_begins_as_if_nothing_had_been() -> None:
    """Another one had its place: it is not one that fell, and its last replacement is long ago."""
    repair = Repair()
    repair.is_well(carried=True)
    steps(repair, "down", seconds=70)
    repair.is_well(carried=True)
    repair.rest()
    found = steps(repair, "down", seconds=62)
    assert (found[0], found[60]) == (INITIATE, REPLACE)


def test_what_is_not_loaded_is_loaded() -> None:
    assert steps(Repair(), "unknown", seconds=10) == {0: REPLACE, 4: REPLACE, 8: REPLACE}


def test_one_way_is_replaced_at_once_and_then_ever_more_rarely() -> None:
    """The venue's gateway may be well and a host behind it gone: this must not become a storm."""
    found = list(steps(Repair(), "one-way", seconds=3000))
    assert found[:6] == [0, 30, 90, 210, 450, 930]
    assert set(gaps(found[5:])) == {600}


@pytest.mark.parametrize(("pause", "again"), [(119, 60), (120, 30)])
def test_a_trouble_that_comes_back_soon_is_the_same_one(pause: int, again: int) -> None:
    repair = Repair()
    ask = {"state": "one-way", "progress": "", "may_restart": False}
    assert repair.next(now=START, **ask) == AFRESH
    assert repair.next(now=START + pause, **ask) == AFRESH
    assert repair.next(now=START + pause + again - 1, **ask) is None
    assert repair.next(now=START + pause + again, **ask) == AFRESH


@pytest.mark.parametrize("state", ["one-host", "mute"])
def test_where_a_host_may_be_what_is_silent_one_repair_in_half_an_hour(state: str) -> None:
    assert steps(Repair(), state, seconds=3700) == {0: AFRESH, 1800: AFRESH, 3600: AFRESH}


@pytest.mark.parametrize("state", ["one-way", "one-host"])
def test_what_was_ended_is_given_its_time_to_come_up(state: str) -> None:
    repair = Repair()
    assert repair.next(state=state, progress="", now=START, may_restart=False) == AFRESH
    after = [repair.next(state="down", progress="", now=START + second, may_restart=False) for second in range(1, 5)]
    assert after == [None, None, None, INITIATE]


def test_a_second_that_is_new_and_no_progress() -> None:
    """The first negotiation has not said anything, and is not the progress of another one."""
    assert steps(Repair(), "trying", seconds=5, progress="") == {0: AFRESH, 4: AFRESH}


def test_traffic_proves_the_repair() -> None:
    repair = Repair()
    assert repair.next(state="one-way", progress="", now=0.0, may_restart=False) == AFRESH
    repair.is_well(carried=True)
    assert repair.next(state="one-way", progress="", now=10.0, may_restart=False) == AFRESH


def up(bytes_in: int, bytes_out: int, added: int = 100) -> Seen:
    return Seen("up", children={str(added): ChildSa("", added, bytes_in, bytes_out)})


def noted(*looks: Seen) -> Traffic:
    traffic = Traffic([f"{ORDERS}/32"])
    for now, seen in enumerate(looks):
        traffic.note(seen, float(now), connections=sessions(seen, ORDERS))
    return traffic


@pytest.mark.parametrize(
    ("looks", "one_way"),
    [
        ([up(0, 0), up(5, 5), up(5, 10), up(5, 15), up(5, 20), up(5, 25), up(5, 30)], True),
        ([up(0, 0), up(5, 5), up(5, 10), up(5, 15), up(5, 20)], False),  # 3 s
        ([up(0, 0), up(5, 5), up(5, 10), up(5, 10), up(5, 15), up(5, 15)], True),  # TCP pauses
        ([up(0, 0), up(5, 5), up(5, 10), up(5, 15), up(6, 20), up(6, 25), up(6, 30)], False),  # an answer in between
        ([up(0, 0)] * 20, False),  # idle
        ([up(5, 5), up(5, 10)] + [up(5, 10)] * 10, False),  # one packet without an answer says nothing
        ([up(5, 5), up(5, 10), up(5, 15), up(0, 0, 200), up(0, 5, 200), up(0, 9, 200)], False),  # a new child SA
        ([Seen("down")] * 9, False),
    ],
)
def test_one_way(looks: list[Seen], one_way: bool) -> None:
    assert noted(*looks).is_one_way(float(len(looks) - 1)) is one_way
    assert SILENT_SECONDS == 3.5


def test_counters_go_over_rekeys() -> None:
    traffic = noted(up(10, 20), up(15, 25), up(2, 3, added=200), up(4, 6, added=200))
    assert traffic.take() == (10 + 5 + 4, 20 + 5 + 6, 1)
    assert traffic.take() == (0, 0, 0)


def test_coming_back_counts_as_a_rekey() -> None:
    assert noted(up(10, 20), Seen("down"), Seen("trying"), up(0, 0, added=300)).take()[2] == 1


def test_a_peer_that_goes_on_with_the_child_sa_that_was_replaced_answers() -> None:
    """Some do until it ends: the youngest alone would look one-way, and end a tunnel that carries."""
    looks = [
        Seen("up", children={"#2": ChildSa("", 100, 9 + n, 9), "#4": ChildSa("", 200, 0, 5 * n)}) for n in range(9)
    ]
    assert not noted(up(9, 9), *looks).is_one_way(9.0)


def test_all_networks_at_once_are_one_rekey() -> None:
    """A tunnel to eight networks rang at each lifetime, and counted all their bytes again at each rekey of one."""
    first = {f"#{n}": ChildSa(f"/1x{n}", 100 + n, 1000, 1000) for n in range(8)}
    second = first | {"#9": ChildSa("/1x0", 500, 5, 5)}
    third = {f"#{n}": ChildSa(f"/1x{n}", 900 + n, 0, 0) for n in range(20, 28)}
    traffic = noted(Seen("up", children=first), Seen("up", children=second))
    assert traffic.take() == (8005, 8005, 1)
    traffic.note(Seen("up", children=third | {"#20": ChildSa("/1x0", 900, 0, 0)}), 2.0)
    assert traffic.take() == (0, 0, 1)


def test_heard_is_as_long_as_a_session_may_be_silent() -> None:
    """Where the kernel does not tell of connections: one that is open may be at rest for longer."""
    traffic = Traffic()
    for now, seen in enumerate((up(0, 0), up(5, 5))):
        traffic.note(seen, float(now))
    assert traffic.is_heard(61.0)
    assert not traffic.is_heard(80.0)


def test_carried() -> None:
    traffic = noted(up(0, 0), up(5, 5))
    assert traffic.is_carried(2.0)
    assert not traffic.is_carried(60.0)
