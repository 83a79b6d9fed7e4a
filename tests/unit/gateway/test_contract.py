"""Producer and consumer of what passes between a gateway and everybody else: its metrics, its state file, its boot's steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtunnel import boot, contract, metrics
from fixtunnel.contract_of_pair import PairFacts
from fixtunnel.probes import Probe, Probes
from ops.gateway.state import SaidStatus, seen_in
from tests.paths import ROOT
from tests.unit.gateway.watching import Watching, world

__all__ = ["world"]

TEMPLATES = sorted((ROOT / "tests/snapshots/templates").glob("*.json"))
# As gateways in the field write them: a rename is a new field, and the former one stays readable.
WRITTEN = {
    "state",
    "since",
    "active",
    "venue",
    "ike_up",
    "child_sa_since",
    "bytes_in",
    "bytes_out",
    "fix_ports",
    "tried",
    "psk",
    "changes",
    "incident",
    "pairs",
    "silent_hosts",
}


def alarmed(template: Path) -> set[tuple[str, tuple[str, ...]]]:
    """Each metric of ours that an alarm watches, with its dimensions."""
    resources = json.loads(template.read_text())["Resources"].values()
    kinds = [one["Properties"] for one in resources if one["Type"] == "AWS::CloudWatch::Alarm"]
    stats = [one.get("MetricStat", {}).get("Metric") for kind in kinds for one in kind.get("Metrics", [])]
    found = [*kinds, *filter(None, stats)]
    return {
        (one["MetricName"], tuple(sorted(part["Name"] for part in one.get("Dimensions", []))))
        for one in found
        if str(one.get("Namespace")).startswith("fixtunnel/")
    }


def published(world: Watching) -> set[tuple[str, tuple[str, ...]]]:
    """What the watch's own code sends while a tunnel is up and its FIX ports answer."""
    world.engine_says("Northbridge", "Harbour")
    world.look()
    keepers = list(world.watch._keepers.values())
    refused = dict.fromkeys((contract.UNASKED_PACKETS, contract.UNDECRYPTED_PACKETS), 1)
    pair: PairFacts = {
        "state": "serves",
        "since": 1,
        "partner": "i-2",
        "heard": True,
        "fit": 2,
        "aws": "",
        "held": False,
    }
    known: dict[str, Any] = {"engine_answers": True, "agent_runs": True, "are_dates_known": True, "refused": refused}
    known["calls"] = {("northbridge", "drop-copy"): True}
    sent = metrics.of("acme", keepers, partner=pair, **known, now=world.clock[0])
    return {(one["MetricName"], tuple(sorted(part["Name"] for part in one["Dimensions"]))) for one in sent}


def test_every_metric_of_an_alarm_is_one_that_the_gateway_publishes(
    world: Watching,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = Probe("127.0.0.1")
    answered.up = True
    endpoint = type("Endpoint", (), {"name": "primary"})()
    monkeypatch.setattr(Probes, "decided", lambda _self: [(endpoint, answered)])
    sent = published(world)
    wanted = set().union(*(alarmed(template) for template in TEMPLATES))
    assert wanted, "the snapshots have alarms"
    assert wanted <= sent
    assert {name for name, _ in sent} == set(contract.METRICS), "each metric of the contract is published"


def test_the_command_reads_what_the_watch_writes(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    for _ in range(3):
        world.look()
    written: dict[str, Any] = json.loads(json.dumps({"time": 1, **world.state}))
    seen = seen_in(SaidStatus.model_validate(written), 1)
    tunnel = seen.tunnels["Northbridge"]
    assert (seen.state, tunnel.state, tunnel.ike_up, tunnel.child_sa_since) == ("holding", "up", True, 100)
    assert tunnel.bytes_out == 7
    assert seen.chosen["northbridge"] == "Northbridge"
    assert {("Northbridge", "up"), ("Harbour", "up")} <= {(one.tunnel, one.state) for one in seen.changes}
    for facts in written["tunnels"].values():
        assert facts.keys() == WRITTEN == contract.TunnelFacts.__annotations__.keys()


def test_the_boot_goes_by_the_steps_of_the_contract() -> None:
    """The console and the state file name them; the rehearsal waits for them, and begins a boot again by them."""
    assert len(boot._STEPS) == len(contract.BOOT_STEPS)
    for name, step in zip(contract.BOOT_STEPS, boot._STEPS, strict=True):
        assert step.__name__ == "_" + name.replace(" ", "_")
