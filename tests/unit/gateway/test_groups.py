"""The venue's A and B gateways: who is up, and when that changes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from fixtunnel import address
from fixtunnel import group as group_module
from fixtunnel.group import PATIENCE_SECONDS, Group
from fixtunnel.settings import Settings

A, B = "Northbridge", "Northbridge_B"


@pytest.fixture
def group(large: Settings, tmp_path: Path) -> Group:
    return made(large, tmp_path)


def made(large: Settings, folder: Path) -> Group:
    return Group([tunnel for tunnel in large.tunnels if tunnel.group == "northbridge"], folder)


def choose(
    group: Group,
    now: float,
    *up: str,
    usable: tuple[str, ...] = (A, B),
    in_window: bool = False,
    carried: bool = True,
) -> str:
    well, can = ({name: name in names for name in (A, B)} for names in (up, usable))
    carrying = {name: carried and name in up for name in (A, B)}
    before = group.chosen
    changed = group.choose(now=now, well=well, carried=carrying, usable=can, in_window=in_window)
    assert changed is (group.chosen != before), "who is told so ends the one before"
    return group.chosen


def test_the_active_one_first(group: Group) -> None:
    assert choose(group, 0.0) == A


def test_a_short_silence_moves_nothing(group: Group) -> None:
    assert choose(group, 0.0) == A
    assert choose(group, PATIENCE_SECONDS - 1) == A
    assert choose(group, PATIENCE_SECONDS, A) == A
    assert choose(group, PATIENCE_SECONDS + 5) == A


def test_silence_brings_the_standby(group: Group) -> None:
    choose(group, 0.0)
    assert choose(group, PATIENCE_SECONDS) == B
    assert "silent" in group.why


def test_being_up_without_traffic_does_not_make_patient_again(group: Group) -> None:
    """A venue that drops connects at night: each tunnel comes up, and is one-way at the next connect to its FIX port."""
    choose(group, 0.0)
    assert choose(group, PATIENCE_SECONDS) == B
    choose(group, 20.0, B, carried=False)
    choose(group, 21.0)
    assert choose(group, 21.0 + PATIENCE_SECONDS) == B
    assert choose(group, 21.0 + 2 * PATIENCE_SECONDS) == A


def test_not_back_in_the_session(group: Group) -> None:
    choose(group, 0.0)
    choose(group, PATIENCE_SECONDS)
    assert [choose(group, 100.0 + n, B) for n in range(5)] == [B] * 5


def test_back_in_the_window_once(group: Group) -> None:
    choose(group, 0.0)
    choose(group, PATIENCE_SECONDS)
    assert choose(group, 100.0, B, in_window=True) == A
    choose(group, 101.0, in_window=True)
    assert choose(group, 101.0 + PATIENCE_SECONDS, in_window=True) == B
    assert choose(group, 200.0, B, in_window=True) == B
    choose(group, 300.0, B)
    assert choose(group, 400.0, B, in_window=True) == A


def test_back_when_the_standby_fails(group: Group) -> None:
    choose(group, 0.0)
    choose(group, PATIENCE_SECONDS)
    choose(group, 100.0, B)
    choose(group, 101.0)
    assert choose(group, 101.0 + PATIENCE_SECONDS) == A


def test_with_both_silent_each_has_its_turn_ever_longer(group: Group) -> None:
    chosen = [choose(group, float(now)) for now in range(1000)]
    turns = [now for now in range(1, 1000) if chosen[now] != chosen[now - 1]]
    gaps = [after - before for before, after in pairwise(turns)]
    assert gaps == sorted(gaps)
    assert max(gaps) <= 181


def test_nobody_to_take_over(group: Group) -> None:
    assert [choose(group, float(now), usable=(A,)) for now in (0, 100, 200)] == [A] * 3


def test_remembered_over_a_reboot(group: Group, large: Settings, tmp_path: Path) -> None:
    choose(group, 0.0)
    choose(group, PATIENCE_SECONDS)
    assert made(large, tmp_path).chosen == B


def test_what_cannot_be_read_is_not_remembered(large: Settings, tmp_path: Path) -> None:
    (tmp_path / "group-northbridge.json").write_text("{")
    assert made(large, tmp_path).chosen == A


def test_a_session_lives_on_over_the_standby() -> None:
    """With heartbeats of 30 s; a venue's daemon that restarts takes less."""
    assert PATIENCE_SECONDS == 12.0


def test_why_it_is_that_one_is_told_and_remembered(group: Group, large: Settings, tmp_path: Path) -> None:
    assert (group.venue, group.why) == ("northbridge", f"{A} is the active one of its group")
    choose(group, 0.0)
    choose(group, PATIENCE_SECONDS)
    assert group.why == f"{A} was silent for 12 s"
    again = made(large, tmp_path)
    assert again.why == group.why
    choose(again, 100.0, B, in_window=True)
    assert again.why == f"back to {A} in the restart window"


def test_one_that_was_taken_over_before_a_reboot_goes_back_in_the_window(
    group: Group, large: Settings, tmp_path: Path
) -> None:
    choose(group, 0.0)
    choose(group, PATIENCE_SECONDS)
    assert choose(made(large, tmp_path), 0.0, B, in_window=True) == A


def test_of_three_each_has_its_turn(large: Settings, tmp_path: Path) -> None:
    first, second = (tunnel for tunnel in large.tunnels if tunnel.group == "northbridge")
    names = [A, B, "C"]
    group = Group([first, second, replace(second, name="C")], tmp_path)
    no, yes = dict.fromkeys(names, False), dict.fromkeys(names, True)
    turns = [A]
    for now in range(1000):
        if group.choose(now=float(now), well=no, carried=no, usable=yes, in_window=False):
            turns.append(group.chosen)
    assert turns[:6] == [A, B, "C", A, B, "C"]
    assert not group.choose(now=1000.5, well=no, carried=no, usable=no, in_window=False), "nobody can come up"


def test_what_is_remembered_lies_where_a_reboot_leaves_it() -> None:
    """A gateway that is updated finds what the one before it knew."""
    for folder in (address.LAST.parent, group_module.FOLDER):
        assert str(folder) == "/var/lib/fixtunnel"


def test_rest(group: Group) -> None:
    choose(group, 0.0)
    group.rest()
    assert choose(group, PATIENCE_SECONDS) == A


def test_one_of_one(seed: Settings, tmp_path: Path) -> None:
    alone = Group([replace(seed.tunnels[0], active=False)], tmp_path)
    for now in (0.0, 100.0):
        no, yes = {"LSE_Proquote": False}, {"LSE_Proquote": True}
        alone.choose(now=now, well=no, carried=no, usable=yes, in_window=True)
    assert alone.chosen == "LSE_Proquote"


def test_one_that_was_never_whole_waits_for_nothing_better(group: Group) -> None:
    """Its first look already finds some of its pairs of networks alone: the other one was not seen with more."""
    no, yes = dict.fromkeys((A, B), False), dict.fromkeys((A, B), True)
    for now in (0.0, PATIENCE_SECONDS, 10 * PATIENCE_SECONDS):
        assert not group.choose(now=now, well=no, carried=yes, usable=yes, in_window=False, pairs={A: 1, B: 0})
