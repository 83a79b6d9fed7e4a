"""Not faults, but days on which a gateway is tried: rekeys under load, and a burst of resends at full segment size."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene

REKEYS = 3
_BETWEEN_S = 3.0
BURST, BURST_BYTES = 60, 2000


@fault(15, "rekeys-under-load", f"ESP rekeyed {REKEYS} times and IKE {REKEYS} times, under load")
def rekeyed(scene: Scene) -> Iterator[None]:
    for _ in range(REKEYS):
        scene.renew("child", scene.venue.rekey, limit=60)
        scene.hold(_BETWEEN_S)
        scene.renew("ike", scene.venue.rekey_ike, limit=60)
        scene.desk.steady(limit=60)
        scene.hold(_BETWEEN_S)
    yield


@fault(16, "burst-of-resends", f"{BURST} withheld reports of {BURST_BYTES} bytes come as resends after a reset")
def burst(scene: Scene) -> Iterator[None]:
    scene.desk.burst_of_resends(n=BURST, size=BURST_BYTES)
    yield


FAULTS = (
    rekeyed,
    burst,
)
