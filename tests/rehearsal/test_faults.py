"""A part of the fault table on one boot: what every run of CI can hold. The whole: `make rehearse-faults`, nightly."""

from datetime import UTC, datetime

from rich.console import Console

from model.load import load
from rehearsal.conduct import Rehearsal
from rehearsal.drill import drilling
from rehearsal.faults.__main__ import of_today
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
