"""Bad days of a test system behind the gateway of its production: two tunnels on one IKE SA. Production notices nothing."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from model.deployment import Connection, Deployment
from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene, SceneFailed
from rehearsal.faults.silence import at_rest, calling

_HOLDS_S = 150.0
"""Longer than until the gateway would load the connection again, which ended the IKE SA of both."""
_BACK_WITHIN_S = 60.0


def _sibling(deployment: Deployment) -> Connection | None:
    first = next(one for one in deployment.connections if one.is_active)
    others = (one for one in deployment.connections if one.is_active and one.name != first.name)
    return next((one for one in others if one.peer.address == first.peer.address), None)


def _has_none(deployment: Deployment) -> str:
    where = "tests/rehearsal/scenarios/two_systems has one"
    return "" if _sibling(deployment) else f"needs a client with two venues behind one gateway: {where}"


def _of(scene: Scene) -> Connection:
    sibling = _sibling(scene.stage.deployment)
    assert sibling is not None
    return sibling


@fault(
    26,
    "test-system-refused",
    "the test system behind production's gateway refuses its child SA",
    holds=_HOLDS_S,
    part="slow",
    cannot=_has_none,
)
def refused(scene: Scene) -> Iterator[None]:
    test = scene.stage.venue_gateway(_of(scene).name)
    agreed = test.terms.networks
    with at_rest(scene):
        test.change(networks=[IPv4Network("192.0.2.248/29")])
        test.terminate()
        yield
        if test.is_up:
            raise SceneFailed("the test system's child SA came up, though the venue refuses it")
        test.change(networks=agreed)
        test.wait_until_up(limit=_BACK_WITHIN_S)


@fault(
    26,
    "test-system-one-way",
    "the test system behind production's gateway answers nothing, and is called",
    holds=_HOLDS_S,
    part="slow",
    cannot=_has_none,
)
def one_way(scene: Scene) -> Iterator[None]:
    connection = _of(scene)
    test, endpoint = scene.stage.venue_gateway(connection.name), connection.fix_endpoints[0]
    before = {child.number for sa in test.sas() for child in sa.children}
    silenced = scene.stage.venues[connection.venue.name].exchange.silenced(endpoint.host)
    with at_rest(scene), silenced, calling(scene, endpoint.host, endpoint.port):
        yield
        if before == {child.number for sa in test.sas() for child in sa.children}:
            raise SceneFailed("nothing was done about the test system's tunnel")
    test.wait_until_up(limit=_BACK_WITHIN_S)
