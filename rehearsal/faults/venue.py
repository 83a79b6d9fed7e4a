"""Bad days at the venue."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene


@fault(1, "venue-killed", "venue's daemon killed and started again at once", goal=10)
def killed(scene: Scene) -> Iterator[None]:
    scene.venue.kill()
    yield
    scene.venue.start()


@fault(2, "venue-restarted", "orderly restart of the venue's gateway", goal=10)
def restarted(scene: Scene) -> Iterator[None]:
    scene.venue.stop()
    yield
    scene.venue.start()


@fault(3, "venue-gone", "venue gone for three minutes, then back", holds=180)
def gone(scene: Scene) -> Iterator[None]:
    scene.venue.kill()
    yield
    scene.venue.start()
