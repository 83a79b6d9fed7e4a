"""A peer that ends each SA as soon as it is there: when that is a storm, and how long the gateway waits after one."""

from __future__ import annotations

import pytest

from fixtunnel.storm import Storm


def after(*looks: tuple[int, set[str]]) -> Storm:
    """A look after the other, each with the number of the newest SA and the child SAs."""
    storm = Storm()
    for newest, children in looks:
        storm.note(newest, children)
    return storm


def begun(*numbers: int) -> Storm:
    """Beginning with SA 10, so many more in each look, none of which lasts."""
    return after((10, {"#10"}), *((newest, {f"#{newest}"}) for newest in _sums(10, numbers)))


def _sums(start: int, numbers: tuple[int, ...]) -> list[int]:
    return [start + sum(numbers[: n + 1]) for n in range(len(numbers))]


@pytest.mark.parametrize(
    ("numbers", "rages"),
    [
        ((5, 4, 4, 4, 4, 4), True),
        ((4, 4, 4, 4, 4, 4), False),  # 24 in all
        ((9, 9, 9, 9, 9), False),  # in five looks only
        ((1, 1, 1, 1, 1, 20), True),
        ((5, 4, 4, 4, 4, 4, 0, 0, 0, 0), True),
        ((5, 4, 4, 4, 4, 4, 0, 0, 0, 0, 0), False),  # the first of them is eleven looks ago
        ((0, 0, 0, 0, 0, 0), False),
    ],
)
def test_a_storm_is_25_sas_in_six_of_ten_looks(numbers: tuple[int, ...], rages: bool) -> None:
    assert begun(*numbers).rages is rages


def test_no_storm_while_a_child_sa_lasts() -> None:
    """The peer renews something again and again, and what is there carries."""
    storm = after(*((10 * n, {"#5", f"#{10 * n}"}) for n in range(1, 20)))
    assert not storm.rages


def test_the_first_look_counts_nothing() -> None:
    """The engine was there before the watch: its numbers are high already."""
    assert not after((1000, set()), *((1000 + n, set()) for n in range(1, 7))).rages
    assert not after((0, set()), (1000, set()), *((1000 + n, set()) for n in range(1, 6))).rages


def test_a_number_that_goes_back_is_none() -> None:
    """The youngest SA may be gone while an older one is still there."""
    storm = after(*((number, set()) for number in (50, 60, 55, 60, 55, 60, 55, 60, 55, 60)))
    assert not storm.rages


def test_the_pause_doubles_while_it_is_for_nothing() -> None:
    storm, now = begun(9, 9, 9, 9, 9, 9), 1000.0
    pauses = []
    for _ in range(6):
        pauses.append(storm.hold_back(now))
        assert storm.holds_back(now + pauses[-1] - 0.1)
        assert not storm.holds_back(now + pauses[-1])
        assert not storm.rages, "what was is over"
        now += pauses[-1] + 15
    assert pauses == [15.0, 30.0, 60.0, 120.0, 240.0, 240.0]


@pytest.mark.parametrize(("calm", "pause"), [(34.9, 30.0), (35.0, 15.0)])
def test_after_a_calm_it_begins_with_the_short_one(calm: float, pause: float) -> None:
    """Calm for longer than it takes to see a storm, and the pause once more."""
    storm = begun(9, 9, 9, 9, 9, 9)
    assert storm.hold_back(0.0) == 15.0
    assert storm.hold_back(15.0 + calm) == pause


def test_a_new_one_holds_nothing_back() -> None:
    assert not Storm().holds_back(0.0)
    assert not Storm().rages
