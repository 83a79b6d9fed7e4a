"""A watch with its world: an AWS and an engine that say what the test wants."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fixtunnel import agent, contract, group, history, operations, passage, psk, rotation, routes, state, upgrade, watch
from fixtunnel.contract import TunnelState, changed
from fixtunnel.reclaim import Reclaim
from fixtunnel.reporter import Reporter
from fixtunnel.settings import Settings
from tests.unit.gateway.conftest import Machine
from tests.unit.gateway.test_card import OURS
from tests.unit.gateway.test_reclaim import Errands, Known

QUESTIONS = (
    "whack --status",
    "whack --showstates --trafficstatus",
    "nft --json list tables inet",
    "nft --json list counters table inet fixtunnel",
    "systemctl is-active --quiet amazon-ssm-agent.service",
)
NAMES = ("Northbridge", "Northbridge_B", "Harbour", "Harbour_B")
UP = '000 #2: "{name}":4500 STATE_QUICK_I2 (sent QI2, IPsec SA established); EVENT_SA_REPLACE in 2s\n'
TRAFFIC = "#2: \"{name}\", type=ESP, add_time=100, inBytes={count}, outBytes=7, maxBytes=2^63B, id='x'\n"
LOADED = '000 "{name}": 10.90.1.7/32===10.64.0.9...198.51.100.20; unrouted; eroute owner: #0\n'


class Told(Reporter):
    """Keeps what is told, and has an AWS whose answer the test says. Each moment it is given must be the present one."""

    def __init__(self, clock: list[float] | None = None) -> None:
        self._clock = clock
        self.said: list[str] = []
        self.soon: list[bool] = []
        self.sends_metrics = True
        self.requests: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.failing: dict[str, str] = {}

    def tell(self, text: str) -> None:
        self.said.append(text)

    def tell_change(self, tunnel: str, state: TunnelState) -> None:
        self.said.append(changed(tunnel, state))

    def keep(self, state: contract.Watching) -> None:
        self.kept = state

    def is_due(self, *, soon: bool, now: float) -> bool:
        assert self._clock in (None, [now])
        self.soon.append(soon)
        return True

    def begin(self, *, secrets: dict[str, Any], metrics: list[dict[str, Any]], now: float) -> bool:
        assert self._clock in (None, [now])
        self.requests.append({"secrets": secrets, "metrics": metrics})
        return bool(metrics) and self.sends_metrics

    def answer(self, now: float) -> dict[str, Any] | None:
        assert self._clock in (None, [now])
        return self.answers.pop(0) if self.answers else None


class Watching:
    """A watch with its world: the address, the PSKs that are here, and the engine's words."""

    def __init__(self, machine: Machine, here: Settings, clock: list[float]) -> None:
        self.machine = machine
        self.clock = clock
        self.held = True
        self.with_psk = {tunnel.name for tunnel in here.tunnels}
        self.state: dict[str, Any] = {}
        self.passages: list[operations.Operations] = []
        self.routed: list[str] = []
        self.reporter = Told(clock)
        self.errands = Errands()
        self.refused: list[set[str]] = []
        self.watch: watch.Watch
        self.engine_says()

    def engine_says(self, *up: str) -> None:
        """All tunnels are loaded; these are up, and more goes through them with every look."""
        lines = [LOADED.format(name=name) for name in NAMES] + [UP.format(name=name) for name in up]
        self.machine.answers["whack --status"] = "".join(lines)
        states = "".join(lines[len(NAMES) :])
        self.machine.answers["whack --showstates"] = lambda: (0, states + "".join(map(self._traffic, up)), "")

    def _traffic(self, name: str) -> str:
        return TRAFFIC.format(name=name, count=int(self.clock[0]))

    def look(self, seconds: float = watch.PERIOD_SECONDS) -> list[str]:
        """Look once, some time later; what was run, but for the questions how things are."""
        self.clock[0] += seconds
        before = len(self.machine.ran)
        self.watch.look()
        return [line for line in self.machine.ran[before:] if line not in QUESTIONS]

    def states(self) -> dict[str, str]:
        return {name: tunnel["state"] for name, tunnel in self.state["tunnels"].items()}


@pytest.fixture
def world(
    machine: Machine, large: Settings, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float], tmp_path: Path
) -> Watching:
    made = Watching(machine, large, no_waiting)
    of_this_gateway = {large: "all"}
    monkeypatch.setattr(routes, "assert_all", lambda here: made.routed.append(f"assert {of_this_gateway[here]}"))
    monkeypatch.setattr(routes, "refuse_outside", lambda here: made.routed.append(f"refuse {of_this_gateway[here]}"))
    monkeypatch.setattr(routes, "refuse_hosts", lambda networks: made.refused.append(set(networks)))
    monkeypatch.setattr(passage, "open_to", lambda here, told: made.passages.append(told) if here is large else None)
    for kind in (group.Group, history.History, rotation.Rotation):
        monkeypatch.setattr(kind.__init__, "__defaults__", (tmp_path,))
    monkeypatch.setattr(operations.remembered, "__defaults__", (tmp_path / "operations.json",))
    monkeypatch.setattr(operations.remember, "__defaults__", (tmp_path / "operations.json",))
    monkeypatch.setattr(upgrade, "DONE", tmp_path / "upgraded")
    monkeypatch.setattr(agent, "NOTE", tmp_path / "agent-failed")
    monkeypatch.setattr(psk, "has_value", lambda tunnel: tunnel.name in made.with_psk)
    monkeypatch.setattr(state, "write", made.state.update)
    reclaim = Reclaim(OURS, made.errands, tell=made.reporter.tell, held=Known())
    made.watch = watch.Watch(large, OURS, holds=lambda: made.held, reporter=made.reporter, reclaim=reclaim)
    return made


WINDOW = {"days": ["sat"], "start": "06:00", "end": "08:00", "timezone": "Europe/London"}
OPERATIONS = {"restart_window": WINDOW, "psk_rotation": "at-once", "fix": {"harbour": ["192.0.2.20", 5001]}}
SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC).timestamp()


def operate(world: Watching, **changed: Any) -> None:
    """AWS answers with these operations at the next look."""
    world.reporter.answers.append({"operations": json.dumps(OPERATIONS | changed)})


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The Unix time; on a Saturday at seven, when the window of OPERATIONS is open, unless the test says another."""
    clock = [SATURDAY]
    monkeypatch.setattr("time.time", lambda: clock[0])
    monkeypatch.setattr(upgrade, "is_due", lambda _now: False)
    return clock
