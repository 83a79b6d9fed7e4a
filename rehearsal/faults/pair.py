"""Bad days of a pair: one gateway of two is ordered to give way, dies, freezes, or does not hear the other one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from model.deployment import Deployment
from rehearsal.faults.fault import fault
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


@fault(27, "pair-switched", "pair: a person has the other gateway take over", goal=6, part="boot", cannot=_needs_pair)
def switched(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    other = scene.stage.passive
    other.run(["/bin/sh", "-c", f"echo take >{WORD_FILE}"])
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


@fault(
    29,
    "pair-frozen",
    "pair: the gateway that serves stands still for 30 s, and wakes as if nothing had been",
    part="boot",
    cannot=_needs_pair,
    afterwards=_await_pair,
)
def frozen(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    active, other = scene.stage.active, scene.stage.passive
    with active.frozen():
        began = time.monotonic()
        _await_turn(scene, other)
        scene.hold(max(0.0, 30 - (time.monotonic() - began)))
    yield


@fault(
    30,
    "pair-parted",
    "pair: the two gateways do not hear each other for 30 s, and both reach EC2",
    part="boot",
    cannot=_needs_pair,
    afterwards=_await_pair,
)
def parted(scene: Scene) -> Iterator[None]:
    _await_pair(scene)
    other = scene.stage.passive
    with scene.edge.part():
        _await_turn(scene, other)
        scene.hold(25)
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


FAULTS = (
    switched,
    power_cut,
    frozen,
    parted,
    without_ec2,
    engine_gone,
)
