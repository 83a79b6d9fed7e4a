"""Bad days of a test system behind the gateway of its production: two tunnels on one IKE SA. Production notices nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv4Network

from model.deployment import Connection, Deployment
from model.venue import FixEndpoint
from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene, SceneFailed
from rehearsal.faults.silence import at_rest, calling, untouched, wait_until_reached
from rehearsal.world.venue import Exchange, VenueGateway

_REFUSED_S = 90.0
"""Longer than until the gateway would load the connection again, which ended the IKE SA of both."""
_HOLDS_S = 75.0
"""The gateway's probe of each minute meets it too."""
_SILENT_S = 90.0
"""The gateway tries a repair once its probe of each minute has met the silence too."""
_BACK_WITHIN_S = 60.0
_LONGEST_SILENCE_S = 5.0
_TEST_FIRST = """systemctl stop fixtunnel-watch.service
whack() {{ ipsec whack --name "$@"; }}
whack {test} --delete; whack {production} --delete
ipsec auto --add {test}; ipsec auto --add {production}
whack {test} --initiate
systemctl start fixtunnel-watch.service
ipsec whack --showstates | grep -q '"{test}".*ESTABLISHED_IKE_SA'
"""


def _sibling(deployment: Deployment) -> Connection | None:
    first = next(one for one in deployment.connections if one.is_active)
    others = (one for one in deployment.connections if one.is_active and one.name != first.name)
    return next((one for one in others if one.peer.address == first.peer.address), None)


def _has_none(deployment: Deployment) -> str:
    where = "tests/rehearsal/scenarios/two_systems has one"
    return "" if _sibling(deployment) else f"needs a client with two venues behind one gateway: {where}"


_fault = partial(fault, 26, cannot=_has_none)


class _TestSystem:
    """The sibling of the connection that trades: its tunnel as the venue sees it, its exchange and its host."""

    def __init__(self, scene: Scene) -> None:
        connection = _sibling(scene.stage.deployment)
        assert connection is not None
        self.name: str = connection.name
        self.gateway: VenueGateway = scene.stage.venue_gateway(connection.name)
        self.exchange: Exchange = scene.stage.venues[connection.venue.name].exchange
        self.endpoint: FixEndpoint = connection.fix_endpoints[0]

    @property
    def children(self) -> set[int]:
        """The numbers of its child SAs."""
        return {child.number for sa in self.gateway.sas() for child in sa.children if child.is_up}

    def wait_for_another(self, before: set[int]) -> None:
        """Wait for a child SA that was not there before."""
        self.gateway.wait(lambda: bool(self.children - before), what="another child SA", limit=_BACK_WITHIN_S)


@contextmanager
def _trading_on(scene: Scene) -> Iterator[None]:
    """Production's orders flow meanwhile, and neither its session nor its tunnel is touched."""
    with untouched(scene):
        yield
    if (silence := scene.desk.silence) > _LONGEST_SILENCE_S:
        raise SceneFailed(f"production was not answered for {silence:.1f} s")


@_fault("test-system-ended", "the venue ends the child SA of the test system behind production's gateway")
def ended(scene: Scene) -> Iterator[None]:
    test = _TestSystem(scene)
    with _trading_on(scene):
        before = test.children
        test.gateway.terminate()
        yield
        test.wait_for_another(before)


@_fault("test-system-host-refuses", "the test system's host refuses every connection", holds=_HOLDS_S, part="slow")
def host_refuses(scene: Scene) -> Iterator[None]:
    test = _TestSystem(scene)
    before, endpoint = test.children, test.endpoint
    refused = test.exchange.refusing(endpoint.host)
    with _trading_on(scene), refused, calling(scene, endpoint.host, endpoint.port):
        yield
        if test.children != before:
            raise SceneFailed("the test system's tunnel was touched, though its host answers")


@_fault("test-system-refused", "the venue refuses the test system's child SA", holds=_REFUSED_S, part="slow")
def refused(scene: Scene) -> Iterator[None]:
    with _trading_on(scene):
        yield from _refused(_TestSystem(scene))


@_fault(
    "test-system-came-first",
    "the same, with production on the IKE SA of the test system's tunnel",
    holds=_REFUSED_S,
    part="slow",
)
def refused_first(scene: Scene) -> Iterator[None]:
    test = _TestSystem(scene)
    scene.on_gateway(_TEST_FIRST.format(test=test.name, production=scene.connection.name), limit=120)
    scene.venue.wait_until_up(limit=_BACK_WITHIN_S)
    scene.desk.steady(limit=_BACK_WITHIN_S)
    scene.desk.end(limit=_BACK_WITHIN_S)
    scene.desk.begin()
    with _trading_on(scene):
        yield from _refused(test)


def _refused(test: _TestSystem) -> Iterator[None]:
    agreed, before = test.gateway.terms.networks, test.children
    test.gateway.change(networks=[IPv4Network("192.0.2.248/29")])
    test.gateway.terminate()
    yield
    if test.children - before:
        raise SceneFailed("the test system's child SA came up, though the venue refuses it")
    test.gateway.change(networks=agreed)
    test.wait_for_another(before)


@_fault("test-system-silent", "the test system's network answers nothing, and is called", holds=_SILENT_S, part="slow")
def silent(scene: Scene) -> Iterator[None]:
    with _trading_on(scene):
        yield from _silent(scene)


@_fault("test-system-silent-at-rest", "the same, beside a session at rest", holds=_SILENT_S, part="slow")
def silent_at_rest(scene: Scene) -> Iterator[None]:
    with at_rest(scene):
        yield from _silent(scene)


def _silent(scene: Scene) -> Iterator[None]:
    """The gateway renews the test system's tunnel alone, once; afterwards the test system answers again."""
    test = _TestSystem(scene)
    before, host, port = test.children, test.endpoint.host, test.endpoint.port
    with test.exchange.silenced(host), calling(scene, host, port):
        yield
        renewed = test.children
        if len(renewed - before) != 1:
            raise SceneFailed(f"the test system's tunnel was to be renewed once: it had {before}, and has {renewed}")
    wait_until_reached(scene, host, port, limit=_BACK_WITHIN_S)


FAULTS = (ended, host_refuses, refused, refused_first, silent, silent_at_rest)
