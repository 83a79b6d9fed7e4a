"""Bad days of the gateway itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from rehearsal.faults.fault import fault
from rehearsal.faults.scene import STORE, Scene, SceneFailed
from userdata.contract import UPGRADE_UNIT, log_place

_AHEAD_S = 3600.0
_REPORT_LIMIT_S = 180.0


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
    _keep_the_traders_store(scene)
    scene.machine.power_cut()
    yield
    scene.machine.power_on()


def _keep_the_traders_store(scene: Scene) -> None:
    """A trader's store that forgets cannot be logged on with. Not synchronous in every fault: an emulated disk then makes the
    trader slower than the flow."""
    scene.on_gateway(f"mountpoint -q {STORE} && mount -o remount,sync {STORE} && sync", may_fail=True)
    scene.desk.steady(limit=30)


def _reports_to_aws(scene: Scene) -> None:
    """Its primary address has no way out any more: what it reports comes by the one that carries the Elastic IP.

    Raises:
        SceneFailed: nothing came.
    """
    logs: Any = scene.stage.aws.clients.client("logs")
    of = log_place(scene.stage.client, scene.stage.deployment.client.log_group)
    place: Any = {"logGroupName": of.group, "logStreamName": of.state, "limit": 1}
    begun = time.time()
    end = begun + _REPORT_LIMIT_S
    while not any(one["timestamp"] / 1000 > begun for one in logs.get_log_events(**place)["events"]):
        if time.time() > end:
            raise SceneFailed(f"the gateway reported nothing to AWS within {_REPORT_LIMIT_S:g} s of its recovery")
        time.sleep(3)


@fault(
    9,
    "stopped-and-started",
    "gateway stopped and started in EC2, which gives it no public address of its own again",
    limit=400,
    relaunches=True,
    part="slow",
    afterwards=_reports_to_aws,
    todo="It trades, and reaches AWS only while it holds the Elastic IP: replace it when it suits.",
)
def stopped_and_started(scene: Scene) -> Iterator[None]:
    ec2: Any = scene.stage.aws.clients.ec2
    itself = [scene.stage.instance.instance_id]
    _keep_the_traders_store(scene)
    ec2.stop_instances(InstanceIds=itself)
    scene.machine.power_cut()
    yield
    ec2.start_instances(InstanceIds=itself)
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
    stopped_and_started,
    disk_full,
    clock_ahead,
    networkd_restarted,
    engine_upgraded,
)
