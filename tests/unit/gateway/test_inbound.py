"""What a venue may call: as the client file says now, without another gateway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtunnel import inbound, operations, passage
from fixtunnel.operations import Inbound, Operations
from fixtunnel.settings import Settings
from model.deployment import Deployment
from tests.literal import loaded
from tests.stacks.edits import CALLED, CLIENT, VENUE
from tests.unit.gateway.conftest import Machine
from tests.unit.model.example import edited, write
from userdata.operations import render_operations

DROP_COPY = Inbound("drop-copy", ("192.0.2.30/32", "192.0.2.64/26"), "", 9001, "10.64.1.10", 9002)
CALLERS = "{ 192.0.2.30/32, 192.0.2.64/26 }"


def rules_of(seed: Settings, one: Inbound) -> list[tuple[str, str]]:
    (tunnel, *_) = seed.tunnels
    return list(inbound.rules(seed, Operations(inbound={tunnel.group: (one,)})))


def test_a_call_is_led_to_its_host_and_the_answer_back(seed: Settings) -> None:
    own = seed.tunnels[0].own
    assert rules_of(seed, DROP_COPY) == [
        ("called", f"meta ipsec exists ip saddr {CALLERS} ip daddr {own} tcp dport 9001 dnat ip to 10.64.1.10:9002"),
        ("answering", f"ip saddr 10.64.1.10 tcp sport 9002 ip daddr {CALLERS} snat ip to {own}:9001"),
        (
            "calls",
            f"meta ipsec exists ct state new,established ip saddr {CALLERS} ip daddr 10.64.1.10 tcp dport 9002 accept",
        ),
        (
            "calls",
            f"ct state new,established ip saddr 10.64.1.10 tcp sport 9002 ip daddr {CALLERS} tcp flags & (syn | ack) != syn "
            "accept",
        ),
        (
            "calls",
            f"ct state related meta l4proto icmp ct original ip saddr {CALLERS} ct original ip daddr {own} ct original "
            "proto-dst 9001 accept",
        ),
    ]


@pytest.mark.parametrize(("host", "called"), [("", ""), ("10.64.1.11", "10.64.1.11")])
def test_what_needs_no_translation_gets_none(seed: Settings, host: str, called: str) -> None:
    """An engine on the gateway, or a host that keeps its address."""
    same = Inbound("drop-copy", ("192.0.2.30/32",), called, 9001, host, 9001)
    assert {chain for chain, _ in rules_of(seed, same)} == {"calls"}


def test_other_venues_call_nothing(seed: Settings) -> None:
    assert list(inbound.rules(seed, Operations(inbound={"another": (DROP_COPY,)}))) == []


def test_what_is_taken_out_is_closed(machine: Machine, seed: Settings) -> None:
    passage.open_to(seed, Operations())
    for chain in inbound.CHAINS:
        assert f"flush chain inet fixtunnel {chain}\n" in machine.read[0]
        assert f"add rule inet fixtunnel {chain}" not in machine.read[0]


def deployment(folder: Path, edits: dict[str, str], venue: dict[str, str] | None = None) -> Deployment:
    write(folder, clients={"acme": edited(CLIENT, edits)}, venues={"exchange": edited(VENUE, venue or {})})
    return loaded(folder / "clients", folder / "venues", "acme")


def told(folder: Path, to: str, edits: dict[str, str]) -> Inbound:
    """What the gateway reads of the one call, in a file with these changes."""
    calls = {f"tunnels.{n}.inbound.0.to": f"'{to}'" for n in range(3)}
    text = render_operations(deployment(folder, CALLED | edits | calls))
    ((one,),) = operations.parsed(text).inbound.values()
    return one


MAPPED = {f"tunnels.{n}.mapped_hosts": "[{hosts: 10.1.0.16/29, seen_as: 10.9.2.8/29}]" for n in range(3)}
KEPT = {f"tunnels.{n}.host_networks": "[10.1.0.16/29]" for n in range(3)}


@pytest.mark.parametrize(
    ("edits", "to", "called"),
    [
        ({}, "10.1.0.20:9001", ""),
        ({}, "gateway:9001", ""),
        (MAPPED, "10.1.0.20:9001", "10.9.2.12"),
        (MAPPED, "gateway:9001", ""),
        (MAPPED, "10.1.0.9:9001", ""),
        (KEPT, "10.1.0.20:9001", "10.1.0.20"),
    ],
)
def test_the_venue_calls_a_host_as_it_sees_it(tmp_path: Path, edits: dict[str, str], to: str, called: str) -> None:
    one = told(tmp_path, to, edits)
    assert (one.called, one.port, one.callers) == (called, 9001, ("192.0.2.30/32",))
    assert f"{one.host or 'gateway'}:{one.host_port}" == to


def test_networks_that_overlap_are_one(tmp_path: Path) -> None:
    """An anonymous set of nftables takes no two that overlap."""
    both = {f"tunnels.{n}.inbound.0.from": "[192.0.2.0/25, 192.0.2.30, 192.0.2.128/25]" for n in range(3)}
    assert told(tmp_path, "gateway:9001", both).callers == ("192.0.2.0/24",)


def test_a_client_without_any_says_what_it_said(tmp_path: Path) -> None:
    """Its parameter, and so its template, stays as it is."""
    assert "inbound" not in json.loads(render_operations(deployment(tmp_path, {})))
