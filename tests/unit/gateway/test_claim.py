"""The claim: address and routes both, or neither; and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtunnel import aws
from fixtunnel.aws import NOWHERE, Holder, Instance
from fixtunnel.claim import Claim
from fixtunnel.command import Failed
from fixtunnel.settings import Settings
from tests.unit.gateway.test_card import OURS

TABLE, MINE, OLD, STRANGER = "rtb-1", OURS.interface, "eni-0old", "eni-0legacy"
AT_OLD = Holder(OLD, "10.64.0.5", "i-old")
AT_US = Holder(MINE, OURS.secondary, "i-new")
STACK = "fixtunnel-acme-capital"
STACKS = {OLD: STACK, "i-old": STACK, MINE: STACK, STRANGER: "", "i-legacy": ""}


class Ec2:
    """EC2's part of it.

    `fails` names calls that fail; `lost` is how many of its answers get lost after the work is done, `stale` how often it
    tells who held the address before. `ending` has the state of an instance that does not run.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, here: Settings) -> None:
        self.here = here
        self.holder: Holder | None = AT_OLD
        self.networks = sorted({network for tunnel in here.tunnels for network in tunnel.remote})
        self.routes = {(TABLE, network): OLD for network in self.networks}
        self.fails: set[str] = set()
        self.lost = 0
        self.stale = 0
        self.ending: dict[str, str] = {}
        self.calls: list[str] = []
        monkeypatch.setattr(aws, "holder", lambda _allocation: self._said("holder", self._told))
        monkeypatch.setattr(
            aws, "instance_of", lambda target: Instance(STACKS[target], self.ending.get(target, "running"))
        )
        monkeypatch.setattr(aws, "routes", lambda tables: dict(self.routes) if tables else {})
        monkeypatch.setattr(aws, "associate", self.associate)
        monkeypatch.setattr(aws, "lead", self.lead)

    def _said(self, call: str, answer: Callable[[], Holder | None]) -> Holder | None:
        if call in self.fails:
            raise Failed(f"AWS: {call} failed")
        return answer()

    def _told(self) -> Holder | None:
        if self.lost or not self.stale:
            return self.holder
        self.stale -= 1
        return AT_OLD

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


def test_a_lost_answer_and_an_old_one_leave_no_address_with_a_gateway_that_failed(
    ec2: Ec2, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EC2 is eventually consistent: the work is done, and DescribeAddresses tells of before (EC2 API Reference)."""
    associate = ec2.associate

    def lost(allocation: str, interface: str, private: str, *, may_move: bool) -> None:
        associate(allocation, interface, private, may_move=may_move)
        if interface == MINE:
            ec2.stale = 5
            raise Failed("AWS: associate address failed", "Read timeout")

    monkeypatch.setattr(aws, "associate", lost)
    with pytest.raises(Failed):
        claim(ec2).take()
    assert ec2.holder == AT_OLD


def test_what_only_reads_is_asked_again(ec2: Ec2, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]) -> None:
    """RequestLimitExceeded for some seconds, while nothing is taken yet."""
    holder, until = aws.holder, no_waiting[0] + 40

    def throttled(allocation: str) -> Holder | None:
        if no_waiting[0] < until:
            raise Failed("AWS: describe addresses failed", "RequestLimitExceeded")
        return holder(allocation)

    monkeypatch.setattr(aws, "holder", throttled)
    claim(ec2).take(no_waiting[0] + 300)
    assert ec2.holder == AT_US


@pytest.mark.parametrize("slow", [0, 60])
def test_nothing_is_taken_too_late(
    ec2: Ec2, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float], slow: float
) -> None:
    """CloudFormation has given up: it would take the address from the gateway that works, and be ended with it."""
    looks = aws.routes

    def slowly(tables: list[str]) -> dict[tuple[str, str], str]:
        no_waiting[0] += slow
        return looks(tables)

    monkeypatch.setattr(aws, "routes", slowly)
    with pytest.raises(Failed, match="too late"):
        claim(ec2).take(no_waiting[0] + slow / 2)
    assert ec2.calls == []


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


def test_who_lost_the_address_leads_no_route(ec2: Ec2) -> None:
    """It may not know yet: the metadata service is seconds late. It took the routes from its successor, which took them again."""
    assert claim(ec2).lead_if_mine() == []
    ec2.holder = None
    assert claim(ec2).lead_if_mine() == []
    assert ec2.targets == {OLD}
    ec2.holder = AT_US
    assert len(claim(ec2).lead_if_mine()) == len(ec2.networks)
    assert ec2.targets == {MINE}


def test_where_no_route_is_astray_ec2_is_asked_for_no_more(ec2: Ec2) -> None:
    ec2.routes = dict.fromkeys(ec2.routes, MINE)
    ec2.fails = {"holder"}
    assert claim(ec2).lead_if_mine() == []


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


@pytest.mark.parametrize("private", [OURS.primary, "10.64.0.77"])
def test_an_address_that_a_hand_put_beside_ours_is_moved(ec2: Ec2, private: str) -> None:
    """`aws ec2 associate-address --instance-id …` puts it onto the primary private address."""
    ec2.holder = Holder(MINE, private, "i-new")
    assert claim(ec2).take_if_free() == ""
    assert ec2.holder == AT_US


@pytest.mark.parametrize("state", ["shutting-down", "terminated", "stopping", "stopped"])
def test_the_address_of_a_gateway_that_is_being_ended_is_taken_at_once(ec2: Ec2, state: str) -> None:
    """A step after its signal failed, and CloudFormation rolls back: EC2 frees the address only when the instance is gone."""
    ec2.ending = {"i-old": state}
    assert claim(ec2).take_if_free() == ""
    assert ec2.holder == AT_US


def test_not_so_the_address_of_somebody_elses(ec2: Ec2) -> None:
    ec2.holder, ec2.ending = Holder(STRANGER, "10.0.0.1", "i-legacy"), {"i-legacy": "stopped"}
    assert claim(ec2).take_if_free() == "i-legacy"
    assert ec2.calls == []


def test_one_route_that_is_refused_keeps_no_other_from_leading_here(ec2: Ec2, monkeypatch: pytest.MonkeyPatch) -> None:
    refused, lead = ec2.networks[0], aws.lead

    def denied(table: str, network: str, target: str) -> None:
        if network == refused:
            raise Failed("AWS: replace route failed", "UnauthorizedOperation")
        lead(table, network, target)

    monkeypatch.setattr(aws, "lead", denied)
    with pytest.raises(Failed, match=refused):
        claim(ec2).lead_here()
    assert [network for network in ec2.networks if ec2.routes[(TABLE, network)] != MINE] == [refused]
    assert claim(ec2).astray() == [f"{refused} in {TABLE}"]


def test_a_route_that_is_not_there_is_astray(ec2: Ec2) -> None:
    """A hand's `delete-route`: the gateway can lead a route, and make none."""
    ec2.routes.pop((TABLE, ec2.networks[0]))
    claim(ec2).lead_here()
    assert claim(ec2).astray() == [f"{ec2.networks[0]} in {TABLE}"]


def test_who_comes_second_does_not_have_it(ec2: Ec2, monkeypatch: pytest.MonkeyPatch) -> None:
    """Free when it was looked at, and taken before it was asked for: EC2 refuses."""
    answers = iter([None, AT_OLD])
    monkeypatch.setattr(aws, "holder", lambda _allocation: next(answers))
    with pytest.raises(Failed):
        claim(ec2).take_if_free()
    assert ec2.holder == AT_OLD
