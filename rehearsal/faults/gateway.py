"""Bad days of the gateway itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

from rehearsal.faults.fault import fault
from rehearsal.faults.scene import STORE, Scene
from userdata.contract import UPGRADE_UNIT

_AHEAD_S = 3600.0


def _make_room(scene: Scene) -> None:
    scene.on_gateway("rm -f /var/tmp/full /var/tmp/rest")


@fault(8, "engine-killed", "the gateway's IPsec engine killed", goal=10)
def engine_killed(scene: Scene) -> Iterator[None]:
    scene.on_gateway("kill -KILL $(pidof pluto)")
    yield


@fault(
    9,
    "power-cut",
    "gateway loses its power and boots again",
    limit=400,
    relaunches=True,
    part="slow",
    todo="Where the FIX engine runs on the gateway, start it on its store once `fixtunnel-status` says up; "
    "on a trading host there is nothing to do.",
)
def power_cut(scene: Scene) -> Iterator[None]:
    # A trader's store that forgets cannot be logged on with. Not synchronous in every fault: an emulated disk then makes
    # the trader slower than the flow.
    scene.on_gateway(f"mountpoint -q {STORE} && mount -o remount,sync {STORE} && sync", may_fail=True)
    scene.desk.steady(limit=30)
    scene.machine.power_cut()
    yield
    scene.machine.power_on()


@fault(
    19,
    "disk-full",
    "root disk full while the engine is killed",
    part="slow",
    afterwards=_make_room,
    doctor=("disk-full", "us"),
)
def disk_full(scene: Scene) -> Iterator[None]:
    scene.on_gateway(
        "fallocate -l 100G /var/tmp/full 2>/dev/null; dd if=/dev/zero of=/var/tmp/rest bs=64k 2>/dev/null; df /",
        may_fail=True,
    )
    scene.on_gateway("kill -KILL $(pidof pluto)")
    yield


@fault(
    19,
    "clock-ahead",
    "clock an hour ahead at boot, no time service; put right by hand",
    holds=75,
    limit=400,
    relaunches=True,
    part="boot",
    doctor=("clock-wrong", "us"),
    todo="The tunnel comes up; a FIX session may not: exchanges refuse a SendingTime that is far off. "
    "Put the clock right (`timedatectl`).",
)
def clock_ahead(scene: Scene) -> Iterator[None]:
    scene.machine.power_cut()
    scene.machine.clock_offset = _AHEAD_S
    scene.machine.power_on()
    yield
    scene.machine.clock_offset = 0
    scene.on_gateway(f"date --utc --set=@{time.time():.0f}")


@fault(22, "networkd-restarted", "systemd-networkd restarted under load")
def networkd_restarted(scene: Scene) -> Iterator[None]:
    scene.on_gateway("systemctl restart systemd-networkd.service")
    yield


@fault(
    23,
    "engine-upgraded",
    "package of the engine installed again, as an upgrade in the window does",
    part="slow",
    cannot=lambda deployment: (
        ""
        if deployment.client.gateway.engine == "libreswan"
        else "OpenSwan's package is the operator's own: it is not upgraded"
    ),
    todo="An upgrade restarts the engine: it belongs into the client's window.",
)
def engine_upgraded(scene: Scene) -> Iterator[None]:
    # In the unit that does so, and in its bounds; what Debian's image has and ours has not only says which package.
    upgrade = "#!/bin/sh\nexec apt-get -q install -y --reinstall -o Dpkg::Options::=--force-confold libreswan\n"
    program = "/usr/local/sbin/unattended-upgrade"
    scene.on_gateway(f"printf '{upgrade}' >{program} && chmod 755 {program}")
    scene.on_gateway(f"systemctl start {UPGRADE_UNIT}", limit=300)
    yield


FAULTS = (
    engine_killed,
    power_cut,
    disk_full,
    clock_ahead,
    networkd_restarted,
    engine_upgraded,
)
