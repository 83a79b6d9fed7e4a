"""Where a fault happens: the parts of a rehearsal that is up, under the names that a scenario is told in."""

from __future__ import annotations

import time
from dataclasses import dataclass

from model.deployment import Connection
from rehearsal.edge import Edge
from rehearsal.faults.desk import Desk
from rehearsal.machine import Machine
from rehearsal.stage import Stage
from rehearsal.venue import VenueGateway


class SceneFailed(Exception):
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
        """The gateway."""
        return self.stage.machine

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
        self.stage.aws.set_secret(self.secret, psk.decode())

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
