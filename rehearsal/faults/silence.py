"""Bad days of a host, on which the tunnel is well: a silent host must not cost another's session."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address

from model.deployment import Deployment
from model.venue import FixEndpoint, Venue
from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene, SceneFailed

HOLDS_S = 300.0
"""Ten beats of the session that is at rest, and five connects of the gateway's probe to each port."""
_CALLS = """
import socket, time
while True:
    try:
        socket.create_connection(({host!r}, {port}), timeout=20).close()
    except OSError:
        pass
    time.sleep(1)
"""


def _other_host(venue: Venue) -> FixEndpoint | None:
    """An endpoint on another host than the one that is traded with."""
    first = venue.fix_endpoints[0]
    return next((one for one in venue.fix_endpoints if one.host != first.host), None)


def _has_one_host(deployment: Deployment) -> str:
    venue = next(one.venue for one in deployment.connections if one.is_active)
    return "" if _other_host(venue) else "needs a venue with FIX endpoints on two hosts: CLIENT=acme-capital"


@fault(
    24,
    "one-host-gone",
    f"one FIX host gone for {HOLDS_S / 60:.0f} minutes beside a session at rest with another",
    holds=HOLDS_S,
    part="slow",
    cannot=_has_one_host,
)
def one_host_gone(scene: Scene) -> Iterator[None]:
    gone = _other_host(scene.connection.venue)
    assert gone is not None
    with at_rest(scene), scene.exchange.silenced(gone.host):
        yield


@fault(
    25,
    "never-called",
    f"a host calls an address that does not exist for {HOLDS_S / 60:.0f} minutes beside a session at rest",
    holds=HOLDS_S,
    part="slow",
)
def nobody_called(scene: Scene) -> Iterator[None]:
    endpoint = scene.connection.fix_endpoints[0]
    with at_rest(scene), calling(scene, _nobody(scene.connection.venue), endpoint.port):
        yield


def _nobody(venue: Venue) -> IPv4Address:
    """An address of the traded host's network that no endpoint has; its neighbours at the end are the venue's own."""
    taken = {endpoint.host for endpoint in venue.fix}
    network = next(one for one in venue.remote_networks if venue.fix_endpoints[0].host in one)
    return next(address for address in network.hosts() if address not in taken)


@contextmanager
def at_rest(scene: Scene) -> Iterator[None]:
    """The session only beats, and neither it nor the tunnel is touched meanwhile."""
    scene.desk.end(limit=60)
    with untouched(scene):
        yield
    scene.desk.begin()


@contextmanager
def untouched(scene: Scene) -> Iterator[None]:
    """Neither the session nor the tunnel is touched meanwhile: the same SAs grow older, and there is no logon."""
    before, logons = _held(scene), scene.desk.logons
    yield
    if not before or (after := _held(scene)) != before:
        raise SceneFailed(f"the tunnel was touched: the venue held {before} before, and {after} now")
    if scene.desk.logons != logons:
        raise SceneFailed("the session was touched: it logged on again")


def _held(scene: Scene) -> list[tuple[int, int]]:
    """By their numbers at the venue: each IKE SA with each child SA, of whichever of its gateways has one."""
    gateways = scene.stage.venues[scene.connection.venue.name].gateways.values()
    held = [(sa.number, child.number) for one in gateways for sa in one.sas() for child in sa.children if child.is_up]
    return sorted(held)


@contextmanager
def calling(scene: Scene, host: IPv4Address, port: int) -> Iterator[None]:
    """From where the client's FIX engine runs."""
    script = _CALLS.format(host=str(host), port=port)
    if not scene.stage.deployment.client.trading_hosts:
        scene.machine.run(["/usr/bin/systemd-run", "--quiet", "--unit=caller", "/usr/bin/python3", "-c", script])
        yield
        scene.machine.run(["/usr/bin/systemctl", "stop", "caller.service"])
        return
    caller = subprocess.Popen([*scene.stage.trading_host.prefix, sys.executable, "-c", script])
    try:
        yield
    finally:
        caller.kill()
        caller.wait()


def wait_until_reached(scene: Scene, host: IPv4Address, port: int, *, limit: float) -> None:
    """Wait until a connect from where the client's FIX engine runs is answered.

    Raises:
        SceneFailed: none is within `limit` seconds.
    """
    end = time.monotonic() + limit
    while not _reaches(scene, host, port):
        if time.monotonic() > end:
            raise SceneFailed(f"{host}:{port} is not reached within {limit:g} s")


def _reaches(scene: Scene, host: IPv4Address, port: int) -> bool:
    script = f"import socket; socket.create_connection(({str(host)!r}, {port}), timeout=5).close()"
    if not scene.stage.deployment.client.trading_hosts:
        return scene.machine.run(["/usr/bin/python3", "-c", script]).status == 0
    argv = [*scene.stage.trading_host.prefix, sys.executable, "-c", script]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


FAULTS = (
    one_host_gone,
    nobody_called,
)
