"""A part of the fault table: what every run of CI can hold, and one of the others in turn. The whole: `make rehearse-faults`."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from rehearsal.faults import Fault
from rehearsal.faults.command import of_today
from rehearsal.faults.drill import Drill, drilling
from rehearsal.report import FaultSeen
from tests.rehearsal.scene import Scene

MOST_SECONDS = 60.0
"""On a shared machine without KVM; the goals hold on a quiet one, and are in docs/recovery.md."""


@pytest.fixture(scope="module")
def drill(seed: Scene) -> Iterator[Drill]:
    seed.venue.wait_until_up(limit=MOST_SECONDS)
    with drilling(seed.stage, seed.stage.deployment.connections[0]) as desk:
        yield desk


@pytest.mark.parametrize("fault", of_today(datetime.now(UTC).toordinal()), ids=lambda fault: fault.name)
def test_the_session_outlives_it(drill: Drill, fault: Fault) -> None:
    seen = drill.play(fault)
    assert is_good(seen), str(seen)


def is_good(row: FaultSeen) -> bool:
    came_back = row.recovered_seconds is not None and row.recovered_seconds < MOST_SECONDS
    # In a burst of resends the reset of the session is the fault itself.
    survived = row.fix_session_survived or row.name == "burst-of-resends"
    return row.is_clean and came_back and survived
