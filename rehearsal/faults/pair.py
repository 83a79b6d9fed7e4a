"""Bad days of a pair: one gateway of two is ordered to give way, dies, freezes, or does not hear the other one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from model.deployment import Deployment
from rehearsal.faults.fault import Fault, fault
from rehearsal.faults.scene import Scene, SceneFailed
from rehearsal.world.machine import AgentSilent, Machine
from userdata.contract import STATE_FILE, WORD_FILE

_TURN_LIMIT, _JOIN_LIMIT = 90.0, 400.0


def _needs_pair(deployment: Deployment) -> str:
    return "" if deployment.client.gateway.standby else "needs two gateways: gateway.standby"


def _until(is_so: object, *, limit: float, what: str) -> None:
    end = time.monotonic() + limit
    while not is_so():  # type: ignore[operator]
        if time.monotonic() > end:
            raise SceneFailed(f"{what}: not within {limit:g} s")
        time.sleep(0.2)


def _edge_leads_to(scene: Scene, machine: Machine) -> bool:
    """Whether the edge, which follows EC2 after its time, translates for this machine."""
    stage = scene.stage
    instance = stage.second_instance if machine is stage.second else stage.instance
    return any(stage.edge.associations.get(one) == stage.elastic_ip for one in instance.secondary_ips)


def _await_turn(scene: Scene, to: Machine) -> None:
    """Until the address is with this one: an order that the other one still carries is no recovery."""
    _until(lambda: _edge_leads_to(scene, to), limit=_TURN_LIMIT, what="the other gateway has the address")


def _await_pair(scene: Scene) -> None:
    """Until the one that serves hears the other one, which could take over."""
    _until(lambda: _hears(scene.stage.active), limit=_JOIN_LIMIT, what="the two gateways hear each other")


def _hears(machine: Machine) -> bool:
    try:
        told = json.loads(machine.run(["/usr/bin/cat", STATE_FILE]).stdout or "{}")
    except (AgentSilent, ValueError):
        return False
    pair = told.get("pair", {})
    return bool(pair.get("state") == "serves" and pair.get("heard") and pair.get("fit"))


def _power_on_dead(scene: Scene) -> None:
    for machine in scene.stage.machines:
        if not machine.is_on:
            machine.power_on()
    _await_pair(scene)


def _take(machine: Machine) -> None:
    """A person's word."""
    machine.run(["/bin/sh", "-c", f"echo take >{WORD_FILE}"])


@fault(27, "pair-switched", "pair: a person has the other gateway take over", goal=6, part="boot", cannot=_needs_pair)
def switched(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    other = scene.stage.passive
    _take(other)
    _await_turn(scene, other)
    yield


@fault(
    28,
    "pair-power-cut",
    "pair: the gateway that serves loses its power",
    goal=13.5,
    part="boot",
    cannot=_needs_pair,
    afterwards=_power_on_dead,
)
def power_cut(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    active, other = scene.stage.active, scene.stage.passive
    active.power_cut()
    _await_turn(scene, other)
    yield


def _lasts(scene: Scene, away: AbstractContextManager[None], *, moves: bool = True) -> None:
    """For 30 s something keeps the one that serves from its work, and the other one takes over meanwhile."""
    other = scene.stage.passive
    with away:
        began = time.monotonic()
        if moves:
            _await_turn(scene, other)
        scene.hold(max(0.0, 30 - (time.monotonic() - began)))


def _pair_fault(number: int, name: str, what: str, **more: Any) -> Callable[[Callable[[Scene], Iterator[None]]], Fault]:
    return fault(number, name, f"pair: {what}", part="boot", cannot=_needs_pair, afterwards=_await_pair, **more)


@_pair_fault(29, "pair-frozen", "the gateway that serves stands still for 30 s, and wakes as if nothing had been")
def frozen(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    _lasts(scene, scene.stage.active.frozen())
    yield


@_pair_fault(30, "pair-parted", "the two gateways do not hear each other for 30 s, and both reach EC2")
def parted(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    _lasts(scene, scene.edge.part())
    yield


@fault(31, "pair-without-ec2", "pair: EC2 answers neither gateway for 60 s", part="boot", cannot=_needs_pair)
def without_ec2(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    active = scene.stage.active
    with scene.stage.front.paused("ec2"):
        scene.hold(60)
    if scene.stage.active is not active:
        raise SceneFailed("the address moved while EC2 answered neither gateway")
    yield


def _engine_back(scene: Scene) -> None:
    for machine in scene.stage.machines:
        machine.run(["/bin/sh", "-c", "systemctl unmask --runtime ipsec.service; systemctl start --no-block ipsec"])
    _await_pair(scene)


@fault(
    32,
    "pair-engine-gone",
    "pair: the engine of the gateway that serves cannot be started any more",
    part="boot",
    limit=180,
    cannot=_needs_pair,
    afterwards=_engine_back,
)
def engine_gone(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    active, other = scene.stage.active, scene.stage.passive
    active.run(
        ["/bin/sh", "-c", "systemctl mask --runtime ipsec.service; systemctl kill -s KILL ipsec; systemctl stop ipsec"]
    )
    _await_turn(scene, other)
    yield


@_pair_fault(33, "pair-unplugged", "the card of the gateway that serves is gone for 30 s")
def unplugged(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    _lasts(scene, scene.edge.unplug(scene.stage.active_instance.private_ip))
    yield


@_pair_fault(34, "pair-ec2-late", "its card is gone, and EC2 does what it is asked 20 s late", limit=180)
def ec2_late(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    with scene.stage.front.paused("ec2", "late"):
        _lasts(scene, scene.edge.unplug(scene.stage.active_instance.private_ip), moves=False)
    _until(lambda: scene.stage.is_held, limit=_TURN_LIMIT, what="one of the two has the address")
    yield


@_pair_fault(35, "pair-ec2-refuses", "a person has the other gateway take over while EC2 refuses all calls for 20 s")
def ec2_refuses(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    other = scene.stage.passive
    with scene.stage.front.paused("ec2"):
        _take(other)
        scene.hold(20)
    _await_turn(scene, other)
    yield


@_pair_fault(36, "pair-without-aws", "the gateway that serves reaches AWS no more, and the venue still")
def without_aws(scene: Scene) -> Iterator[None]:
    """It hands over, unless the address came to it within the last ten minutes; trading goes on in either case."""
    _await_pair(scene)
    with scene.edge.cut_from_aws(scene.stage.active_instance.private_ip):
        scene.hold(45)
        yield


def _make_room(scene: Scene) -> None:
    for machine in scene.stage.machines:
        machine.run(["/bin/sh", "-c", "rm -f /var/tmp/full /var/tmp/rest"])
    _await_pair(scene)


@fault(
    37,
    "pair-disk-full",
    "pair: the disk of the gateway that serves is full, and a person has the other one take over",
    part="boot",
    cannot=_needs_pair,
    afterwards=_make_room,
)
def disk_full(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    active, other = scene.stage.active, scene.stage.passive
    fill = "fallocate -l 100G /var/tmp/full 2>/dev/null; dd if=/dev/zero of=/var/tmp/rest bs=64k 2>/dev/null; true"
    active.run(["/bin/sh", "-c", fill])
    scene.hold(15)
    if scene.stage.active is not active:
        raise SceneFailed("the address moved since a disk was full")
    _take(other)
    _await_turn(scene, other)
    yield


@_pair_fault(38, "pair-metadata-late", "a person has the other gateway take over, and the metadata shows it 20 s late")
def metadata_late(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    other = scene.stage.passive
    with scene.stage.metadata.paused("associations", "late"):
        _take(other)
        _await_turn(scene, other)
        scene.hold(20)
    if scene.stage.active is not other:
        raise SceneFailed("the address moved back")
    yield


@_pair_fault(39, "pair-rekeyed", "a person has the other gateway take over while the venue rekeys", goal=6)
def rekeyed(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    other = scene.stage.passive
    _take(other)
    _until(lambda: scene.stage.active is other, limit=_TURN_LIMIT, what="EC2 gives the other gateway the address")
    scene.venue.rekey()
    scene.venue.rekey_ike()
    _await_turn(scene, other)
    yield


@_pair_fault(40, "pair-ten-times", "ten switches in a row", goal=6, limit=180)
def ten_times(scene: Scene) -> Iterator[None]:
    for _ in range(10):
        _await_pair(scene)
        other = scene.stage.passive
        _take(other)
        _await_turn(scene, other)
        scene.desk.steady(limit=_TURN_LIMIT)
    yield


FAULTS = (
    switched,
    power_cut,
    frozen,
    parted,
    without_ec2,
    engine_gone,
    unplugged,
    ec2_late,
    ec2_refuses,
    without_aws,
    disk_full,
    metadata_late,
    rekeyed,
    ten_times,
)
