"""A part of the fault table on one boot: what every run of CI can hold. The whole: `make rehearse-faults`, nightly."""

from datetime import UTC, datetime

from rich.console import Console

from model.load import load
from rehearsal.conduct import Rehearsal
from rehearsal.drill import drilling
from rehearsal.faults import TABLE
from rehearsal.faults.__main__ import CI, choose, of_today
from rehearsal.report import FaultSeen
from rehearsal.stage import Stage
from rehearsal.timeline import Timeline
from tests.paths import CLIENTS, VENUES

MOST_SECONDS = 60.0
"""On a shared machine without KVM; the goals hold on a quiet one, and are in docs/recovery.md."""


def test_the_session_outlives_todays_faults() -> None:
    deployment = load(clients=CLIENTS, venues=VENUES, selected=["lse-proquote"]).deployments[0]
    with Stage(deployment=deployment, psks={deployment.connections[0].name: b"a secret of the test"}) as stage:
        rehearsal = Rehearsal(stage=stage, timeline=Timeline(Console()))
        with rehearsal.up(), drilling(stage, deployment.connections[0]) as drill:
            seen = [drill.play(fault) for fault in of_today(datetime.now(UTC).toordinal())]
    wrong = {row.name: row for row in seen if not is_good(row)}
    assert not wrong


def is_good(row: FaultSeen) -> bool:
    came_back = row.recovered_seconds is not None and row.recovered_seconds < MOST_SECONDS
    # In a burst of resends the reset of the session is the fault itself.
    survived = row.fix_session_survived or row.name == "burst-of-resends"
    return row.is_clean and came_back and survived


def test_every_row_of_the_issue_is_there() -> None:
    assert {row.number for row in TABLE} == set(range(1, 24))


def test_names_are_unique() -> None:
    names = [row.name for row in TABLE]
    assert len(names) == len(set(names))


def test_a_list_is_of_numbers_and_names() -> None:
    assert {row.number for row in choose("1,path-black-20s")} == {1, 6}
    assert {row.name for row in choose("7")} == {"loss-10-percent", "loss-20-percent"}


def test_the_quick_ones_take_turns() -> None:
    quick = {row.name for row in TABLE if row.part == "quick"}
    played = {row.name for day in range(len(quick)) for row in of_today(day)}
    assert played == quick
    assert all({row.number for row in of_today(day)} >= set(CI) for day in range(3))
