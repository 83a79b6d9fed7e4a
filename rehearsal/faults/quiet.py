"""No fault at all, for as long as wanted: then the watch has done nothing, and what it took is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene, SceneFailed
from userdata.contract import WATCH_UNIT

_ASK = f"""systemctl show {WATCH_UNIT} --property=CPUUsageNSec,MainPID,NRestarts
awk '/^VmRSS/ {{print "Resident=" $2}}' /proc/$(systemctl show {WATCH_UNIT} --property=MainPID --value)/status"""


def quiet(*, minutes: float) -> Fault:
    """A day on which nothing happens but trading."""

    @contextmanager
    def happen(scene: Scene) -> Iterator[None]:
        began, before = scene.on_gateway("date +%s").strip(), _taken(scene)
        scene.hold(60 * minutes)
        after = _taken(scene)
        said = scene.on_gateway(
            f"journalctl --quiet --no-pager --unit={WATCH_UNIT} --since=@{began} --output=cat"
        ).strip()
        if said or after["MainPID"] != before["MainPID"]:
            raise SceneFailed(f"the watch did something on a day without a fault: {said[-600:] or 'it was restarted'}")
        seconds = (after["CPUUsageNSec"] - before["CPUUsageNSec"]) / 1e9
        share = 100 * seconds / (60 * minutes)
        print(
            f"  the watch said nothing; {seconds:.1f} s of processor time in {minutes:g} minutes ({share:.2f} %)",
            flush=True,
        )
        print(f"  with its children; {after['Resident'] / 1024:.1f} MiB resident", flush=True)
        yield

    return Fault(number=0, name="quiet", what=f"nothing happens for {minutes:g} minutes", happen=happen)


def _taken(scene: Scene) -> dict[str, int]:
    """Nanoseconds of processor time with its children's, the process, and KiB resident."""
    return {name: int(value) for name, value in re.findall(r"^(\w+)=(\d+)$", scene.on_gateway(_ASK), re.M)}
