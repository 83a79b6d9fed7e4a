"""Where a fault happens: the parts of a rehearsal that is up, under the names that a scenario uses."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from localaws.program import RehearsalFailed
from model.deployment import Connection
from rehearsal.faults.desk import Desk
from rehearsal.world.edge import Edge
from rehearsal.world.machine import Machine
from rehearsal.world.network import Namespace
from rehearsal.world.stage import Stage, secret_text
from rehearsal.world.venue import Exchange, VenueGateway
from userdata import contract

STORE = "/var/lib/rehearsal-fix"
"""Where the trader's engine keeps its store, if it runs on the gateway."""


class SceneFailed(RehearsalFailed):
    """A scenario could not be played: what, and the evidence."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One tunnel with everything round it, and the desk that trades through it."""

    stage: Stage
    connection: Connection
    desk: Desk

    @property
    def edge(self) -> Edge:
        """EC2's edge."""
        return self.stage.edge

    @property
    def machine(self) -> Machine:
        """The gateway; of a pair the one that serves."""
        return self.stage.active if self.stage.deployment.client.gateway.standby else self.stage.machine

    @property
    def venue(self) -> VenueGateway:
        """The venue's gateway at the other end of the tunnel."""
        return self.stage.venue_gateway(self.connection.name)

    @property
    def secret(self) -> str:
        """The ARN of the tunnel's secret."""
        given = self.connection.tunnel.secret
        return given.arn if given else self.stage.aws.secrets(self.stage.client)[self.connection.name]

    def set_secret(self, psk: bytes) -> None:
        """Put a PSK into Secrets Manager, as the operator would."""
        self.stage.aws.set_secret(self.secret, secret_text(self.connection, psk))

    @property
    def exchange(self) -> Exchange:
        """The exchange's own network behind it."""
        return self.stage.venues[self.connection.venue.name].exchange

    @property
    def venue_namespace(self) -> Namespace:
        """Where the venue's gateway runs."""
        return self.venue.namespace

    @property
    def standby(self) -> VenueGateway:
        """The venue's other gateway."""
        group = self.stage.deployment.groups[self.connection.venue.name]
        return self.stage.venue_gateway(next(one.name for one in group if one.name != self.connection.name))

    def end_second(self) -> None:
        """The second gateway is not needed any more."""
        self.stage.second.power_cut()

    def boot_anew(self) -> None:
        """The gateway as a new instance: without power, with the image's disk, with power."""
        if not self.stage.deployment.client.trading_hosts:
            self.desk.lose_store()
        self.machine.power_cut()
        self.machine.wipe()
        self.machine.power_on()

    @property
    def gateway_clock(self) -> int:
        """Unix time as the gateway has it."""
        return int(self.on_gateway("date +%s"))

    def wait_until_gateway(
        self, is_so: Callable[[contract.TunnelFacts], bool], *, what: str, limit: float, pause: float = 3.0
    ) -> None:
        """Wait until what the gateway tells of this tunnel, in its state file, is so.

        Raises:
            SceneFailed: it is not within `limit` seconds.
        """
        deadline = time.monotonic() + limit
        while not is_so(facts := self._facts()):
            if time.monotonic() > deadline:
                raise SceneFailed(f"the gateway did not tell of {what} within {limit:g} s; it tells {facts}")
            time.sleep(pause)

    def _facts(self) -> contract.TunnelFacts:
        told: contract.Watching = json.loads(self.on_gateway(f"cat {contract.STATE_FILE}"))
        return told["tunnels"][self.connection.name]

    def renew(self, what: Literal["ike", "child"], rekey: Callable[[], None], *, limit: float) -> None:
        """Let the venue rekey, and wait until it holds a new SA of this kind."""
        before = self._held(what)
        rekey()
        self.venue.wait(lambda: bool(self._held(what) - before), what=f"a new {what} SA", limit=limit)

    def _held(self, what: Literal["ike", "child"]) -> set[int]:
        sas = [sa for sa in self.venue.sas() if sa.is_up]
        return (
            {sa.number for sa in sas}
            if what == "ike"
            else {one.number for sa in sas for one in sa.children if one.is_up}
        )

    def hold(self, seconds: float) -> None:
        """Let a fault last: the one place where a duration, not a condition, is what is meant."""
        time.sleep(seconds)

    def on_gateway(self, script: str, *, limit: float = 60, may_fail: bool = False) -> str:
        """Run a shell script on the gateway as root; what it printed.

        Raises:
            SceneFailed: it ended with an error.
        """
        done = self.machine.run(["/bin/sh", "-c", script], limit=limit)
        if done.status and not may_fail:
            raise SceneFailed(f"on the gateway `{script}` ended with {done.status}: {done.stderr.strip()[-500:]}")
        return done.stdout
