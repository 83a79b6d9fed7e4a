"""The claim: address and routes both, or neither; and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtunnel import aws
from fixtunnel.aws import NOWHERE, Holder
from fixtunnel.claim import Claim
from fixtunnel.command import Failed
from fixtunnel.settings import Settings
from tests.unit.gateway.test_card import OURS

TABLE, MINE, OLD, STRANGER = "rtb-1", OURS.interface, "eni-0old", "eni-0legacy"
AT_OLD = Holder(OLD, "10.64.0.5", "i-old")
AT_US = Holder(MINE, OURS.secondary, "i-new")
STACKS = {OLD: "fixtunnel-acme-capital", MINE: "fixtunnel-acme-capital", STRANGER: ""}


class Ec2:
    """EC2's part of it. `fails` names calls that fail; `lost` is how many of its answers get lost after the work is done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, here: Settings) -> None:
        self.here = here
        self.holder: Holder | None = AT_OLD
        self.networks = sorted({network for tunnel in here.tunnels for network in tunnel.remote})
        self.routes = {(TABLE, network): OLD for network in self.networks}
        self.fails: set[str] = set()
        self.lost = 0
        self.calls: list[str] = []
        monkeypatch.setattr(aws, "holder", lambda _allocation: self._said("holder", lambda: self.holder))
        monkeypatch.setattr(aws, "stack_of", lambda target: STACKS[target])
        monkeypatch.setattr(aws, "routes", lambda tables: dict(self.routes) if tables else {})
        monkeypatch.setattr(aws, "associate", self.associate)
        monkeypatch.setattr(aws, "lead", self.lead)

    def _said(self, call: str, answer: Callable[[], Holder | None]) -> Holder | None:
        if call in self.fails:
            raise Failed(f"AWS: {call} failed")
        return answer()

    def associate(self, allocation: str, interface: str, private: str, *, may_move: bool) -> None:
        assert allocation == self.here.allocation
        self.calls.append(f"associate {interface} {private}")
        if "associate" in self.fails or (self.holder not in (None, Holder(interface, private)) and not may_move):
            raise Failed("AWS: associate address failed")
        self.holder = Holder(interface, private)
        if self.lost:
            self.lost -= 1
            raise Failed("AWS: associate address failed", "Read timeout")

    def lead(self, table: str, network: str, target: str) -> None:
        self.calls.append(f"lead {network} {target}")
        if "lead" in self.fails and target == MINE:
            raise Failed("AWS: replace route failed")
        self.routes[(table, network)] = target

    @property
    def targets(self) -> set[str]:
        return set(self.routes.values())


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch, large: Settings) -> Ec2:
    return Ec2(monkeypatch, large)


def claim(ec2: Ec2) -> Claim:
    return Claim(ec2.here, OURS, [TABLE])


def test_it_takes_both_from_the_gateway_that_it_replaces(ec2: Ec2) -> None:
    claim(ec2).take()
    assert ec2.holder == AT_US
    assert ec2.targets == {MINE}


def test_to_claim_again_changes_nothing(ec2: Ec2) -> None:
    """After a power cut between the claim and the signal."""
    claim(ec2).take()
    ec2.calls.clear()
    claim(ec2).take()
    assert ec2.calls == [f"associate {MINE} {OURS.secondary}"], "which EC2 does again without any effect"


def test_a_lost_answer_is_no_lost_claim(ec2: Ec2) -> None:
    ec2.lost = 1
    claim(ec2).take()
    assert ec2.holder == AT_US
    assert ec2.targets == {MINE}


@pytest.mark.parametrize("fails", ["holder", "associate", "lead"])
def test_a_claim_that_fails_leaves_all_as_it_was(ec2: Ec2, fails: str) -> None:
    ec2.fails = {fails}
    with pytest.raises(Failed):
        claim(ec2).take()
    assert ec2.holder == AT_OLD
    assert ec2.targets == {OLD}


def test_half_of_the_routes_goes_back_with_the_address(ec2: Ec2, monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled = ec2.networks[-1]

    def lead(table: str, network: str, target: str) -> None:
        if (network, target) == (spoiled, MINE):
            raise Failed("AWS: replace route failed")
        ec2.lead(table, network, target)

    monkeypatch.setattr(aws, "lead", lead)
    with pytest.raises(Failed):
        claim(ec2).take()
    assert ec2.holder == AT_OLD
    assert ec2.targets == {OLD}


def test_an_address_of_a_former_version_goes_back_to_its_primary_address(ec2: Ec2) -> None:
    """Its gateway has no other."""
    ec2.holder = Holder(OLD, "10.64.0.4", "i-old")
    ec2.fails = {"lead"}
    with pytest.raises(Failed):
        claim(ec2).take()
    assert ec2.holder == Holder(OLD, "10.64.0.4")


def test_it_takes_no_address_from_somebody_elses_instance(ec2: Ec2) -> None:
    """A legacy gateway's, say: its owner gives it up, in the hour that suits them."""
    ec2.holder = Holder(STRANGER, "10.0.0.1", "i-legacy")
    with pytest.raises(Failed, match="address held by i-legacy"):
        claim(ec2).take()
    assert ec2.calls == []


def test_only_routes_to_the_venues_are_moved(ec2: Ec2) -> None:
    """EC2 has no right for a destination, so this is what holds the gateway to them."""
    ec2.routes |= {(TABLE, "0.0.0.0/0"): OLD, (TABLE, "10.9.0.0/16"): NOWHERE}
    claim(ec2).take()
    moved = {call.split()[1] for call in ec2.calls if call.startswith("lead")}
    assert moved == set(ec2.networks)


def test_a_route_of_somebody_elses_stays(ec2: Ec2) -> None:
    ec2.routes[(TABLE, ec2.networks[0])] = STRANGER
    claim(ec2).take()
    assert ec2.routes[(TABLE, ec2.networks[0])] == STRANGER


def test_a_route_that_leads_nowhere_is_taken(ec2: Ec2) -> None:
    ec2.routes = dict.fromkeys(ec2.routes, NOWHERE)
    assert len(claim(ec2).lead_here()) == len(ec2.networks)
    assert claim(ec2).lead_here() == []


def test_only_a_free_address_is_taken_again(ec2: Ec2) -> None:
    assert claim(ec2).take_if_free() == "i-old"
    assert ec2.calls == []
    ec2.holder = None
    assert claim(ec2).take_if_free() == ""
    assert ec2.holder == AT_US


def test_who_comes_second_does_not_have_it(ec2: Ec2, monkeypatch: pytest.MonkeyPatch) -> None:
    """Free when it was looked at, and taken before it was asked for: EC2 refuses."""
    answers = iter([None, AT_OLD])
    monkeypatch.setattr(aws, "holder", lambda _allocation: next(answers))
    with pytest.raises(Failed):
        claim(ec2).take_if_free()
    assert ec2.holder == AT_OLD
