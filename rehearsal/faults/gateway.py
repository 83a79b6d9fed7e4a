"""Bad days of the gateway itself."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene


@fault(8, "engine-killed", "the gateway's IPsec engine killed", goal=10)
def engine_killed(scene: Scene) -> Iterator[None]:
    scene.on_gateway("kill -KILL $(pidof pluto)")
    yield


@fault(22, "networkd-restarted", "systemd-networkd restarted under load")
def networkd_restarted(scene: Scene) -> Iterator[None]:
    scene.on_gateway("systemctl restart systemd-networkd.service")
    yield
