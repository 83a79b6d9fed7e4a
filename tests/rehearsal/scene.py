"""A scene: a client deployed, its gateway booted once, and what a scenario says to it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from localaws.lag import ASSOCIATION_SECONDS
from model.load import load
from rehearsal.faults import doctor
from rehearsal.fix.trading import knock
from rehearsal.report import Failure, Report
from rehearsal.run.failure import explain
from rehearsal.run.rehearsal import Rehearsal
from rehearsal.run.timeline import StepFailed, Timeline
from rehearsal.world.machine import Machine
from rehearsal.world.stage import Stage
from rehearsal.world.venue import VenueGateway
from tests.paths import CLIENTS, ROOT, VENUES

OUT = ROOT / "out" / "rehearsal"
CANARY = "canary"
"""Every PSK begins so: whoever looks for a leak knows what for."""


class Scene:
    """The parts of one rehearsal, by the names that a scenario has for them."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        self.stage: Stage = rehearsal.stage
        self.powered_on_at = 0
        """Where in the console the time since the last power-on begins."""

    @property
    def gateway(self) -> Machine:
        """The machine."""
        return self.stage.machine

    @property
    def report(self) -> Report:
        """What was seen so far."""
        return self.rehearsal.report

    @property
    def tunnel(self) -> str:
        """The name of the first tunnel."""
        return self.stage.deployment.connections[0].name

    @property
    def venue(self) -> VenueGateway:
        """The venue's gateway at the other end of it."""
        return self.stage.venue_gateway(self.tunnel)

    @property
    def psk(self) -> bytes:
        """Its PSK."""
        return self.stage.psks[self.tunnel]

    def on_gateway(self, command: str) -> str:
        """What a command prints on the gateway, both its outputs, without the last newline."""
        done = self.gateway.run(["/bin/sh", "-c", f"{command} 2>&1"])
        return done.stdout.strip()

    @property
    def console(self) -> str:
        """All that the gateway's console has shown."""
        path = self.gateway.console
        return path.read_text(errors="replace") if path.exists() else ""

    def cut_power(self) -> None:
        """Take the gateway's power away at once, and give it back."""
        self.gateway.power_cut()
        self.powered_on_at = len(self.console)
        self.gateway.power_on()

    def verdict(self, *, since: float, step: str = "tunnel up, as the venue sees it") -> Failure:
        """What the rehearsal would say, had this step failed now. `since` is when the fault began (Unix time)."""
        return self.explained(StepFailed(step, since=since))

    def knock(self) -> None:
        """Try the first venue's FIX port. Raises StepFailed where it is closed."""
        with self.rehearsal.timeline.step("FIX port answers"):
            knock(self.stage, self.stage.deployment.connections[0].fix_endpoints[0])

    def explained(self, failed: StepFailed) -> Failure:
        """What the rehearsal says of a step that failed."""
        return explain(failed, self.stage, keep_logs=self.stage.run_dir / "kept")

    def verdict_becomes(self, cause: str, *, since: float, limit: float = 60) -> Failure:
        """Wait until the verdict names this cause."""
        until(lambda: self.verdict(since=since).cause == cause, what=f"the verdict {cause}", limit=limit)
        return self.verdict(since=since)

    def doctor_names(self, cause: str, *, side: str, limit: float = 90) -> None:
        """Let an operator ask `fixtunnel doctor` until it names this cause and this side."""
        doctor.named(self.stage, cause, side=side, limit=limit)


def until(holds: Callable[[], bool], *, what: str, limit: float) -> None:
    """Wait at most `limit` seconds."""
    end = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {limit:g} s"
        time.sleep(0.5)


@contextmanager
def scene(
    client: str, *, clients: Path = CLIENTS, lag: float = ASSOCIATION_SECONDS, **conditions: Any
) -> Iterator[Scene]:
    """The stage of a client, empty: the scenario says how far it goes. `conditions` are those of Rehearsal."""
    (deployment,) = load(clients=clients, venues=VENUES, selected=[client]).deployments
    psks = {one.name: f"{CANARY}-{secrets.token_urlsafe(24)}".encode() for one in deployment.connections}
    context = {} if clients == CLIENTS else {"clients_dir": str(clients), "venues_dir": str(VENUES)}
    with Stage(deployment=deployment, psks=psks, context=context, lag=lag) as stage:
        yield Scene(Rehearsal(stage=stage, timeline=Timeline(Console(width=140)), **conditions))
