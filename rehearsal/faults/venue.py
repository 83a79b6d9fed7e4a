"""Bad days at the venue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from model.deployment import Deployment
from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene

_FAILOVER_LIMIT = 180.0


@fault(1, "venue-killed", "venue's daemon killed and started again at once", goal=10)
def killed(scene: Scene) -> Iterator[None]:
    scene.venue.kill()
    yield
    scene.venue.start()


@fault(2, "venue-restarted", "orderly restart of the venue's gateway", goal=10)
def restarted(scene: Scene) -> Iterator[None]:
    scene.venue.stop()
    yield
    scene.venue.start()


@fault(
    3, "venue-gone", "venue gone for three minutes, then back", holds=180, part="slow", doctor=("no-answer", "venue")
)
def gone(scene: Scene) -> Iterator[None]:
    scene.venue.kill()
    yield
    scene.venue.start()


def _has_no_standby(deployment: Deployment) -> str:
    groups = deployment.groups.values()
    return (
        ""
        if any(len(group) > 1 for group in groups)
        else "needs a venue with an A and a B gateway: CLIENT=acme-capital"
    )


def _back_to_a(scene: Scene) -> None:
    """A works again, and B fails: the way back that needs no window."""
    standby = scene.standby
    scene.venue.start()
    standby.kill()
    scene.venue.wait_until_up(limit=_FAILOVER_LIMIT)
    standby.start()


@fault(
    4,
    "a-gone-b-there",
    "A gateway gone for good, B there",
    limit=_FAILOVER_LIMIT,
    part="slow",
    cannot=_has_no_standby,
    afterwards=_back_to_a,
    doctor=("on-standby", "venue"),
    todo="Trading goes on through B. When the venue says that A is back: `fixtunnel-status`, and wait for the window.",
)
def a_gone(scene: Scene) -> Iterator[None]:
    scene.venue.kill()
    yield


@fault(
    20,
    "proposal-refused",
    "venue refuses the proposal for 40 s, then accepts it",
    holds=40,
    doctor=("no-proposal-phase-1", "either"),
)
def proposal_refused(scene: Scene) -> Iterator[None]:
    agreed = scene.connection.venue.ike.proposal
    scene.venue.change(ike=replace(agreed, cipher="aes128" if agreed.cipher != "aes128" else "aes256"))
    scene.venue.terminate()
    yield
    scene.venue.change(ike=agreed)


FAULTS = (
    killed,
    restarted,
    gone,
    a_gone,
    proposal_refused,
)
