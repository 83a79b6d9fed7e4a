"""What passes between a gateway and everybody else is what the contract says: each file as its producer really writes it.

A gateway in the field and a command of another version read each other's: a name that is gone is a fault, and so is one more
that nobody wrote down.
"""

from __future__ import annotations

import json
import types
import typing
from pathlib import Path
from typing import Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from fixtunnel import boot, contract, words
from fixtunnel.command import Failed
from fixtunnel.operations import parsed
from fixtunnel.reporter import Reporter
from fixtunnel.settings import Settings
from ops.gateway import state as command
from ops.gateway.state import SaidStatus, Seen
from tests.literal import deployed, example, loaded
from tests.paths import CLIENTS, ROOT
from tests.unit.gateway.conftest import Machine
from tests.unit.gateway.watching import Watching, world
from tests.unit.model.example import CLIENT, VENUE, edited, write
from userdata.operations import render_operations
from userdata.render import render_files

__all__ = ["world"]
EXAMPLES = sorted(path.stem for path in CLIENTS.glob("*.yaml"))
FILES = ROOT / "userdata"
# As they are in CloudWatch, where a client has alarms and years of its own by these names.
METRICS = {
    "EngineRunning": ("client",),
    "AgentRunning": ("client",),
    "PartnerHeard": ("client",),
    "CalendarKnown": ("client",),
    "UnaskedPackets": ("client",),
    "UndecryptedPackets": ("client",),
    "TunnelState": ("client", "tunnel"),
    "TunnelDownSeconds": ("client", "tunnel"),
    "TunnelDataIn": ("client", "tunnel"),
    "TunnelDataOut": ("client", "tunnel"),
    "Rekeys": ("client", "tunnel"),
    "ChildSaAgeSeconds": ("client", "tunnel"),
    "FixPortUp": ("client", "venue", "endpoint"),
    "InboundAnswered": ("client", "venue", "endpoint"),
    "FixPortConnectMs": ("client", "venue", "endpoint"),
}


def differences(value: Any, kind: Any, at: str = "") -> list[str]:
    """Where a value is not of a type of the contract: a field that is missing, or one more, or another word."""
    origin, of = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        return _of_fields(value, kind, at) if isinstance(value, dict) else [f"{at}: {value!r}"]
    if origin in (types.UnionType, typing.Union):
        return min((differences(value, one, at) for one in of), key=len)
    if origin is list:
        return [d for n, one in enumerate(value) for d in differences(one, of[0], f"{at}[{n}]")]
    if origin is dict:
        return [d for name, one in value.items() for d in differences(one, of[1], f"{at}[{name!r}]")]
    numbers = (int, float) if kind is float else kind
    is_so = kind is Any or (value in of if origin is Literal else isinstance(value, numbers))
    return [] if is_so else [f"{at}: {value!r}"]


def _of_fields(value: dict[str, Any], kind: Any, at: str) -> list[str]:
    least = {
        name for name, hint in get_type_hints(kind, include_extras=True).items() if get_origin(hint) is not NotRequired
    }
    fields = get_type_hints(kind)
    wrong = [f"{at}.{name}" for name in (least - value.keys()) | (value.keys() - fields.keys())]
    return wrong + [d for name in value.keys() & fields for d in differences(value[name], fields[name], f"{at}.{name}")]


def seen_in(status: dict[str, Any], clock: int) -> Seen:
    """As the command reads it."""
    return command.seen_in(SaidStatus.model_validate(status), clock)


def all_fields(value: Any, kind: Any) -> set[str]:
    """The fields of a type that a value has somewhere."""
    if isinstance(value, list):
        return set().union(*(all_fields(one, kind) for one in value))
    if not isinstance(value, dict):
        return set()
    mine = set(value) & set(get_type_hints(kind)) if not differences(value, kind) else set()
    return mine.union(*(all_fields(one, kind) for one in value.values()))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_settings(name: str) -> None:
    deployment = example(name)
    files = {file.path: file.content for file in render_files(deployment, deployed(deployment))}
    assert contract.SETTINGS_FILE == "/etc/fixtunnel/gateway.json"
    assert differences(json.loads(files[contract.SETTINGS_FILE]), contract.GatewaySettings) == []


def test_the_settings_of_a_secret_that_has_more_than_the_psk(tmp_path: Path) -> None:
    secret = "{arn: 'arn:aws:secretsmanager:eu-west-2:123456789012:secret:vpn-AbCdEf', key: psk}"
    write(tmp_path, clients={"acme": edited(CLIENT, {"tunnels.0.secret": secret})}, venues={"exchange": VENUE})
    deployment = loaded(tmp_path / "clients", tmp_path / "venues", "acme")
    files = {file.path: file.content for file in render_files(deployment, deployed(deployment))}
    settings = json.loads(files[contract.SETTINGS_FILE])
    assert settings["tunnels"][0]["key"] == "psk"
    assert differences(settings, contract.GatewaySettings) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_operations(name: str) -> None:
    told = json.loads(render_operations(example(name)))
    assert differences(told, contract.Operations) == []
    assert get_args(get_type_hints(contract.Operations)["psk_rotation"]) == ("at-once", "in-window")
    assert parsed(json.dumps({**told, "psk_rotation": "in-window"})).psk_in_window


def test_the_state_of_a_watch(world: Watching) -> None:
    """With a port that was asked, a repair, a change, an incident, and an AWS that does not answer."""
    endpoints = [["primary", "127.0.0.1", 1]]
    told = json.loads(render_operations(example("acme-capital"))) | {"endpoints": {"northbridge": endpoints}}
    world.reporter.answers.append({"operations": json.dumps(told)})
    world.reporter.failing = {"metrics": "AccessDenied"}
    world.engine_says("Northbridge", "Harbour")
    for _ in range(3):
        world.look()
        world.watch.wait(0)
    world.engine_says("Harbour")
    for _ in range(3):
        world.look()
    written = json.loads(json.dumps({"time": 1, **world.state}))
    assert differences(written, contract.Watching) == []
    for kind in (contract.FixPort, contract.Tried, contract.Change, contract.Incident, contract.Chosen):
        assert all_fields(written, kind) == set(get_type_hints(kind)), f"{kind.__name__} is in it"
    seen = seen_in(written, 1)
    assert (seen.aws, seen.engine) == ({"metrics": "AccessDenied"}, "running")
    port, kept = (
        seen.tunnels["Northbridge"].fix_ports["primary"],
        written["tunnels"]["Northbridge"]["fix_ports"]["primary"],
    )
    assert (port.up, port.milliseconds, port.at) == (kept["up"], kept["ms"], kept["at"])
    assert seen.tunnels["Northbridge"].tried == tuple(one["what"] for one in written["tunnels"]["Northbridge"]["tried"])
    assert seen.tunnels["Northbridge"].incident == written["tunnels"]["Northbridge"]["incident"] != None  # noqa: E711
    assert seen.why == {
        "northbridge": written["groups"]["northbridge"]["why"],
        "harbour": written["groups"]["harbour"]["why"],
    }


def test_the_state_of_a_gateway_of_an_earlier_version_is_read() -> None:
    """It spoke of its first FIX port alone, and kept no changes."""
    former = {
        "state": "up", "since": 5, "active": True, "venue": "lse", "ike_up": True, "child_sa_since": 7, "bytes_in": 1,
        "bytes_out": 2, "fix_port": {"host": "192.0.2.20", "port": 5001, "up": True, "ms": 1.5, "at": 9}, "tried": [],
        "psk": "current",
    }  # fmt: skip
    seen = seen_in({"time": 1, "state": "holding", "tunnels": {"LSE": former}}, 1)
    port = seen.tunnels["LSE"].fix_ports[""]
    assert (port.up, port.milliseconds, port.at) == (True, 1.5, 9)
    assert (seen.changes, seen.tunnels["LSE"].incident) == ((), None)
    assert "fixtunnel: LSE: one-way" in seen.lines
    assert seen_in({"tunnels": {"LSE": {**former, "fix_port": None}}}, 1).tunnels["LSE"].fix_ports == {}


def test_the_state_of_a_boot(seed: Settings, monkeypatch: pytest.MonkeyPatch, machine: Machine) -> None:
    written: list[dict[str, Any]] = []

    def fails(_here: Settings) -> None:
        raise Failed("no engine", "of any kind")

    monkeypatch.setattr(boot.settings, "load", lambda: seed)
    monkeypatch.setattr(boot.state, "write", lambda content: written.append({"time": 1, **content}))
    monkeypatch.setattr(boot, "_STEPS", (lambda _here: None, fails, *boot._STEPS[2:]))
    monkeypatch.setattr(boot, "SIGNALLED", ROOT)
    assert boot.main() == 1
    assert [differences(one, contract.Booting) for one in written] == [[], [], []]
    assert all_fields(written, contract.Booting) == set(get_type_hints(contract.Booting))
    assert seen_in(written[-1], 1).reason == "no engine"
    assert (seen_in(written[0], 1).state, seen_in(written[0], 1).reason) == ("booting", "check addresses")


class Child:
    """Takes an errand."""

    is_busy = False

    def begin(self, request: dict[str, Any]) -> None:
        self.request = request


def test_the_events_and_where_they_go(seed: Settings) -> None:
    child = Child()
    reporter = Reporter(seed, "i-0123", typing.cast(Any, child))
    reporter.tell("words")
    reporter.tell_change("LSE_Proquote", "up")
    reporter.begin(secrets={}, metrics=[{"MetricName": "Rekeys"}], now=0.0)
    events = [json.loads(one["message"]) for one in child.request["events"]["events"]]
    assert [differences(one, contract.Event) for one in events] == [[], []]
    assert all_fields(events, contract.Event) == set(get_type_hints(contract.Event))
    assert (child.request["events"]["group"], child.request["events"]["stream"]) == (
        "/fixtunnel/lse-proquote",
        "gateway",
    )
    assert child.request["metrics"]["namespace"] == "fixtunnel/lse-proquote"
    assert child.request["operations"] == "/fixtunnel/lse-proquote/operations"
    assert contract.stack_name("lse-proquote") == "fixtunnel-lse-proquote"


def test_metrics_keep_their_names() -> None:
    assert contract.METRICS == METRICS


def test_each_word_for_a_state_has_a_meaning() -> None:
    """`fixtunnel status` says it, the runbook and the alarms go by it; what no program says is no word."""
    assert tuple(words.GATEWAY) == get_args(contract.GatewayState)
    assert tuple(words.TUNNEL) == get_args(contract.TunnelState)
    assert words.PSK.keys() | {"current"} == set(get_args(contract.PskState))
    assert get_args(contract.EngineState) == ("running", "not running")


def test_units_and_files_are_where_the_contract_says() -> None:
    assert (FILES / "start/etc/systemd/system" / contract.BOOT_UNIT).exists()
    for unit in (contract.WATCH_UNIT, contract.AGENT_UNIT):
        assert (FILES / "files/etc/systemd/system" / unit).exists()
    assert contract.STATE_FILE == "/run/fixtunnel/state.json"
    start = (FILES / "start/usr/sbin/fixtunnel-start").read_text()
    assert f"steps = ({contract.INSTALL}, {contract.FETCH})" in start
    assert list(contract.STEP_LINES.values()) == [contract.INSTALL, contract.FETCH, *contract.BOOT_STEPS]
    assert (
        contract.said("guard")
        == "fixtunnel: guard"
        == next(line for line, step in contract.STEP_LINES.items() if step == "guard")
    )
