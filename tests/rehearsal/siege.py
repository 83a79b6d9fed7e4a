"""What every scenario asks of an attack through its real tunnel."""

from __future__ import annotations

from rehearsal.attack.siege import Siege
from rehearsal.report import AttemptSeen, write
from tests.rehearsal.scene import OUT, Scene


def besieged(made: Scene, *, name: str) -> list[AttemptSeen]:
    """Attack through the first tunnel; the table stands in the report `name`."""
    made.venue.wait_until_up(limit=120)
    rows = Siege(made.stage, made.stage.deployment.connections[0]).run()
    made.report.attempts = rows
    write(made.report, OUT / name)
    return rows


def got_through(rows: list[AttemptSeen]) -> dict[str, int]:
    """What did, with the gateway's rules: must be nothing."""
    return {row.what: row.through for row in rows if row.through}


def only_the_rules_refuse(rows: list[AttemptSeen]) -> set[str]:
    """What gets through as soon as the rules are gone: without these the attack would prove nothing."""
    return {row.what for row in rows if row.without_rules}
