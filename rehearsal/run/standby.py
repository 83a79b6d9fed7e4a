"""Each tunnel of a venue once: the one in use falls silent, the gateway takes the next, and in the end the first again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from model.deployment import Connection
from rehearsal.run.timeline import Timeline
from rehearsal.world.stage import Stage

LIMIT = 180.0
"""The gateway waits 12 s before it takes the next one; a handshake on an emulated processor takes its time."""


def in_turn(stage: Stage, group: Sequence[Connection], timeline: Timeline) -> Iterator[Connection]:
    """Each standby, while it is up in the place of the one before it. Raises StepFailed where one does not come up.

    It is the venue that chooses: its gateway is shut down in order, and started again once the next has taken over.
    """
    first = next(number for number, one in enumerate(group) if one.is_active)
    active, *standbys = [*group[first:], *group[:first]]  # the order in which the gateway takes them
    if not standbys:
        return
    for present, following in pairwise((active, *standbys, active)):
        with timeline.step(f"{following.name} takes over from {present.name}"):
            stage.venue_gateway(present.name).stop()
            stage.venue_gateway(following.name).wait_until_up(limit=LIMIT)
            stage.venue_gateway(present.name).start()
        if following is not active:
            yield following
