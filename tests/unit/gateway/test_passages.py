"""What hosts behind the gateway reach: as the client file says now, without another gateway."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fixtunnel import gate, operations, passage
from fixtunnel.operations import Operations
from fixtunnel.settings import Settings
from tests.literal import example
from tests.unit.gateway.conftest import Machine
from tests.unit.gateway.watching import Watching, world
from userdata.operations import render_operations

__all__ = ["world"]

FLUSHED = [f"flush chain inet fixtunnel {chain}" for chain in ("passage", "called", "answering", "calls")]


@pytest.fixture
def told() -> Operations:
    """The operations of the larger client, as deployed."""
    return operations.parsed(render_operations(example("acme-capital")))


def test_hosts_reach_each_venues_own_ports(machine: Machine, large: Settings, told: Operations) -> None:
    passage.open_to(large, told)
    assert (machine.ran, machine.read[0].splitlines()) == (
        ["nft -f -"],
        [
            *FLUSHED,
            "add rule inet fixtunnel passage ip saddr != { 10.64.1.0/24 } return",
            "add rule inet fixtunnel passage ip daddr { 10.210.0.0/24, 10.210.8.0/24 } tcp dport { 9001 } accept",
            "add rule inet fixtunnel passage ip daddr { 10.220.4.0/24 } tcp dport { 7010 } accept",
        ],
    )


def test_more_than_one_host_and_port_stand_side_by_side(machine: Machine, large: Settings, told: Operations) -> None:
    first, *others = told.endpoints_of("harbour")
    more = {**told.endpoints, "harbour": (first, *others, replace(first, name="second", port=first.port + 1))}
    passage.open_to(large, replace(told, hosts=("10.64.1.0/24", "10.64.2.0/24"), endpoints=more))
    assert "ip saddr != { 10.64.1.0/24, 10.64.2.0/24 } return\n" in machine.read[0]
    assert "ip daddr { 10.220.4.0/24 } tcp dport { 7010, 7011 } accept\n" in machine.read[0]


def test_ports_that_are_not_probed_are_open_and_nothing_of_ours_connects_to_them(
    machine: Machine, large: Settings, told: Operations
) -> None:
    text = json.dumps(json.loads(render_operations(example("acme-capital"))) | {"unprobed": {"harbour": UNPROBED}})
    known = operations.parsed(text)
    assert known.endpoints == told.endpoints, "what the watch probes"
    passage.open_to(large, known)
    rules = [rule.partition("passage ")[2] for rule in machine.read[0].splitlines() if "10.220.4.0/24" in rule]
    assert rules == [
        "ip daddr { 10.220.4.0/24 } tcp dport { 20-25, 443, 7010 } accept",
        "ip daddr { 10.220.4.0/24 } udp dport { 5000-5010, 7010 } accept",
    ]


UNPROBED = ["443", "20-21", "21-25", "7010", "udp/5000-5010", "udp/5005", "udp/7010"]


def test_without_hosts_nobody_passes(machine: Machine, seed: Settings) -> None:
    passage.open_to(seed, operations.parsed(render_operations(example("lse-proquote"))))
    assert machine.read[0].splitlines() == FLUSHED


def test_before_anything_is_told_the_security_group_alone_says(machine: Machine, large: Settings) -> None:
    passage.open_to(large, Operations())
    (rule,) = machine.read[0].splitlines()[len(FLUSHED) :]
    assert rule.endswith(" ip daddr @remote meta l4proto { tcp, udp } accept")


def test_a_port_that_is_added_is_open_at_once(world: Watching, told: Operations, tmp_path: Path) -> None:
    world.look()
    world.reporter.answers.append({"operations": render_operations(example("acme-capital"))})
    world.look()
    assert world.passages == [Operations(), told]


def test_a_guard_that_was_loaded_again_gets_them_again(world: Watching, told: Operations) -> None:
    world.reporter.answers.append({"operations": render_operations(example("acme-capital"))})
    world.look()
    world.look(gate.ASSERT_PERIOD_SECONDS)
    assert world.passages[-1] == told
    assert len(world.passages) == 3
