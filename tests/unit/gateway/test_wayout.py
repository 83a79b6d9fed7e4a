"""From which address this host's own calls leave, after a stop and a start too."""

from __future__ import annotations

import pytest

from fixtunnel import wayout
from fixtunnel.metadata import Metadata, NoAnswer
from fixtunnel.wayout import PERIOD_SECONDS, WayOut
from tests.unit.gateway.conftest import Machine
from tests.unit.gateway.test_card import FOLDER, OURS

EIP, OWN = "203.0.113.107", "203.0.113.9"
BATCH = [
    f"route replace default via 10.64.0.1 dev ens5 metric 50 src {OURS.secondary}",
    f"route replace 169.254.0.0/16 via 10.64.0.1 dev ens5 metric 50 src {OURS.primary}",
]
GONE = ["ip route del default metric 50", "ip route del 169.254.0.0/16 metric 50"]


class World(Metadata):
    """An instance: which public address is at which private one, and whether it holds the Elastic IP."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.public: dict[str, str] | None = {OWN: OURS.primary, EIP: OURS.secondary}
        self.held = True
        self.now = 0.0
        self.way = WayOut(OURS, self, holds=lambda: self.held)

    def get(self, path: str) -> str | None:
        if self.public is None:
            raise NoAnswer("metadata service: timed out")
        folder, _, name = path.rpartition("/")
        assert folder == f"{FOLDER}/ipv4-associations"
        return self.public.get(name) if name else "\n".join(self.public) or None

    def look(self) -> list[str]:
        """What is run at the next look that is due."""
        self.machine.ran.clear()
        self.machine.read.clear()
        self.now += PERIOD_SECONDS
        self.way.look(self.now)
        return self.machine.ran


@pytest.fixture
def world(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(wayout, "run", machine.run)
    return World(machine)


def test_a_primary_address_with_a_way_of_its_own_is_used(world: World) -> None:
    assert world.look() == GONE, "a watch before this one may have left it"
    assert world.look() == []


def test_after_a_stop_and_a_start_the_elastic_ip_is_the_way_to_aws(world: World) -> None:
    """EC2 gives the primary address no public one while the secondary has an Elastic IP."""
    world.public = {EIP: OURS.secondary}
    world.look()
    assert world.machine.read[-1].splitlines() == BATCH
    world.look()
    assert world.machine.read[-1].splitlines() == BATCH, "a network that is configured anew forgets it"


def test_it_ends_at_once_with_the_elastic_ip(world: World) -> None:
    world.public = {EIP: OURS.secondary}
    world.look()
    world.held = False
    world.machine.ran.clear()
    world.way.look(world.now + 1)
    assert world.machine.ran == GONE


def test_who_never_held_it_makes_no_route(world: World) -> None:
    world.public, world.held = {}, False
    world.look()
    assert world.look() == []


def test_silence_changes_nothing(world: World) -> None:
    world.public = {EIP: OURS.secondary}
    world.look()
    world.public = None
    assert world.look() == []
    world.public = {OWN: OURS.primary, EIP: OURS.secondary}
    assert world.look() == GONE
