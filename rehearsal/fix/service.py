"""An echo at a port of the venue that is not FIX, through the tunnel, from where the client's programs run."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localaws.program import RehearsalFailed
from model.deployment import Connection
from model.venue import Service
from rehearsal.fix.channel import GUEST_FOLDER, python_here
from rehearsal.world.stage import Stage

_ROOT = Path(__file__).parents[2]
_PAYLOADS = 100


class NoEcho(RehearsalFailed):
    """What was sent to a service did not come back."""


@contextmanager
def answering(stage: Stage, connection: Connection, service: Service) -> Iterator[None]:
    """The exchange sends back what comes to the service's port, of several to the first, while it is open."""
    prefix = stage.venues[connection.venue.name].exchange.prefix
    command = [*python_here("rehearsal.fix.echo", prefix=prefix), *_where(service), "serve"]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            if server.stdout.readline().strip() != "ready":
                raise NoEcho(f"the echo at {service.where} did not start")
            yield
        finally:
            server.kill()


def round_trips(stage: Stage, service: Service, *, limit: float) -> list[int]:
    """Of a hundred payloads of 64 bytes, in ns.

    Raises:
        NoEcho: one did not come back, or the first one not within `limit` seconds: a gateway refuses its hosts for a moment
            more where a tunnel has just come up.
    """
    end = time.monotonic() + limit
    while True:
        try:
            _trips(stage, service, 1)
            return _trips(stage, service, _PAYLOADS)
        except NoEcho:
            if time.monotonic() > end:
                raise
        time.sleep(1)


def _trips(stage: Stage, service: Service, count: int) -> list[int]:
    where = (*_where(service), str(count))
    if stage.deployment.client.trading_hosts:
        argv = [*python_here("rehearsal.fix.echo", prefix=stage.trading_host.prefix), *where]
        done = subprocess.run(argv, cwd=_ROOT, capture_output=True, text=True, timeout=60, check=False)
        status, out, words = done.returncode, done.stdout, done.stderr
    else:
        guest = ["/usr/bin/env", f"PYTHONPATH={GUEST_FOLDER}", "python3", "-m", "rehearsal.fix.echo", *where]
        ran = stage.machine.run(guest)
        status, out, words = ran.status, ran.stdout, ran.stderr
    if status:
        raise NoEcho(f"{service.where}: {words.strip()[-300:]}")
    trips: list[int] = json.loads(out)
    return trips


def _where(service: Service) -> tuple[str, str, str]:
    return service.port.protocol, str(service.host), str(service.port.first)
