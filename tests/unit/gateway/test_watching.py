"""The watch: who brings tunnels up, what is done when they fall, and when nobody may."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import Any

import pytest

from fixtunnel import connections, gate, psk, upgrade
from fixtunnel.connections import Connection
from fixtunnel.probes import Probe
from fixtunnel.settings import Settings
from tests.unit.gateway.street import ORDERS, TRADER
from tests.unit.gateway.watching import TRAFFIC, UP, Watching, world

__all__ = ["world"]
PAIRS = ", ".join(f"10.64.0.9 . 198.51.100.{last}" for last in (20, 21, 30, 31))
"""From the address that carries the Elastic IP to each venue's gateways."""


def test_with_the_address_the_active_ones_come_up(world: Watching) -> None:
    assert world.look() == [
        f"nft add element inet fixtunnel venue_gateways {{ {PAIRS} }}",
        "whack --name Northbridge --asynchronous --initiate",
        "whack --name Harbour --asynchronous --initiate",
    ]
    assert world.state["state"] == "holding"
    assert world.state["groups"]["harbour"]["up"] == "Harbour"


def test_what_is_up_is_left_alone(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.look()
    for _ in range(20):
        assert world.look() == []
    assert world.states() == {
        "Northbridge": "up",
        "Northbridge_B": "standby",
        "Harbour": "up",
        "Harbour_B": "standby",
    }


def test_what_is_up_is_left_alone_for_an_hour(world: Watching) -> None:
    """Nothing is run but questions, and our firewall's set."""
    world.engine_says("Northbridge", "Harbour")
    world.look()
    ran = [line for _ in range(3600) for line in world.look()]
    assert {line.split(" {")[0] for line in ran} == {"nft add element inet fixtunnel venue_gateways"}


def test_without_the_address_nobody_speaks(world: Watching, large: Settings) -> None:
    world.held = False
    assert world.look() == ["nft flush set inet fixtunnel venue_gateways"]
    assert world.state["state"] == "waiting-for-address"
    assert set(world.states().values()) == {"silent"}
    assert world.refused == [{network for tunnel in large.tunnels for network in tunnel.remote}], "hosts are answered"
    assert world.reporter.requests[-1]["metrics"] == []


def test_who_loses_the_address_falls_silent(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.look()
    world.held = False
    assert world.look() == [
        "nft flush set inet fixtunnel venue_gateways",
        "whack --name Northbridge --delete",
        "ipsec auto --add Northbridge",
        "whack --name Harbour --terminate",
    ]


def test_guard_is_asserted_now_and_then(world: Watching) -> None:
    """In case somebody loaded it anew: it begins closed."""
    world.engine_says("Northbridge", "Harbour")
    assert [len(world.look()) for _ in range(2)] == [1, 0]
    assert len(world.look(gate.ASSERT_PERIOD_SECONDS)) == 1


def test_a_psk_that_comes_is_read_by_the_engine(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    world.with_psk -= {"Harbour", "Harbour_B"}
    world.engine_says("Northbridge")
    world.look()
    assert world.states()["Harbour"] == "waiting-for-psk"
    assert world.reporter.requests[-1]["secrets"]["Harbour"]["known"] == []
    monkeypatch.setattr(psk, "holds", lambda _tunnel, _value: False)
    monkeypatch.setattr(psk, "keep_former", lambda _tunnel: None)
    monkeypatch.setattr(psk, "write", lambda tunnel, _value: world.with_psk.add(tunnel.name))
    value = base64.b64encode(b"psk").decode()
    world.reporter.answers.append({"secrets": {"Harbour": {"version": "v1", "value": value}}})
    assert "whack --rereadsecrets" in world.look()
    assert world.machine.has_run("whack --name Harbour --asynchronous --initiate")


def test_a_secret_that_cannot_be_read_stops_no_other_tunnel(world: Watching) -> None:
    world.with_psk.remove("Northbridge")
    world.reporter.answers.append({"secrets": {"Northbridge": {"version": "", "error": "AccessDenied"}}})
    assert "whack --name Harbour --asynchronous --initiate" in world.look()
    assert world.states()["Northbridge"] == "waiting-for-psk"


def test_a_standby_takes_over_and_the_old_ones_policies_go_first(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.look()
    world.engine_says("Northbridge")
    ran = [line for _ in range(15) for line in world.look()]
    assert ran[-3:] == [
        "whack --name Harbour --terminate",
        "whack --name Harbour --unroute",
        "whack --name Harbour_B --asynchronous --initiate",
    ]
    assert world.state["groups"]["harbour"]["up"] == "Harbour_B"
    assert not any("Northbridge" in line for line in ran)


def test_a_standby_that_the_venue_brought_up_goes_down(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour", "Harbour_B")
    assert "whack --name Harbour_B --terminate" in world.look()


def test_what_is_not_answered_is_begun_afresh(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.look()
    session = Connection(TRADER, 50001, IPv4Address(ORDERS), 7010, True, 5, 5)
    monkeypatch.setattr(connections, "read", lambda: (replace(session, sent=int(world.clock[0])),))
    counted = iter(range(100, 10000, 100))
    stands = TRAFFIC.format(name="Harbour", count=int(world.clock[0]))
    states = "".join(UP.format(name=name) for name in ("Northbridge", "Harbour"))
    world.machine.answers["whack --showstates"] = lambda: (
        0,
        states + world._traffic("Northbridge") + stands.replace("outBytes=7", f"outBytes={next(counted)}"),
        "",
    )
    ran = [line for _ in range(7) for line in world.look()]
    assert ran == ["whack --name Harbour --terminate", "whack --name Harbour --asynchronous --initiate"]


def test_a_kernel_that_tells_of_no_connections_is_told(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a minute is over: a look that fails is nothing."""
    said = ["the kernel does not tell of connections", "the kernel tells of connections"]
    monkeypatch.setattr(connections, "read", lambda: ())
    world.look()
    monkeypatch.setattr(connections, "read", lambda: None)
    for _ in range(59):
        world.look()
    assert world.state["connections"] is True
    world.look()
    assert world.state["connections"] is False
    world.look()
    monkeypatch.setattr(connections, "read", lambda: ())
    world.look()
    assert world.state["connections"] is True
    assert [text for text in world.reporter.said if "connections" in text] == said


def test_an_engine_that_died(world: Watching) -> None:
    """systemd starts it again; we only do where that comes to nothing. Nobody fails over for it."""
    world.engine_says("Northbridge", "Harbour")
    world.look()
    world.machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    ran = [line for _ in range(45) for line in world.look() if "venue_gateways" not in line]
    assert ran[:2] == ["systemctl reset-failed ipsec.service", "systemctl start --no-block ipsec.service"]
    assert len(ran) == 4
    assert set(world.states().values()) == {"engine-down"}
    world.engine_says()
    assert world.look()[-2:] == [
        "whack --name Northbridge --asynchronous --initiate",
        "whack --name Harbour --asynchronous --initiate",
    ]


OPERATIONS = {
    "restart_window": {"days": ["sat"], "start": "06:00", "end": "08:00", "timezone": "Europe/London"},
    "psk_rotation": "in-window",
    "fix": {"harbour": ["192.0.2.20", 5001]},
}


def test_security_updates_in_the_window_once(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [datetime(2026, 11, 21, 5, 59, tzinfo=UTC).timestamp()]
    monkeypatch.setattr("time.time", lambda: clock[0])
    world.engine_says("Northbridge", "Harbour")
    world.reporter.answers.append({"operations": json.dumps(OPERATIONS)})
    world.look()
    assert world.look() == []
    clock[0] += 120
    assert world.look() == ["systemctl start --no-block fixtunnel-upgrade.service"]
    monkeypatch.setattr(upgrade, "is_due", lambda _now: False)
    assert world.look() == []


def test_operations_that_cannot_be_read_change_nothing(world: Watching) -> None:
    world.reporter.answers.append({"operations": "{"})
    world.look()
    assert any("cannot be read" in text for text in world.reporter.said)


def test_metrics(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    for _ in range(3):
        world.look()
    told = world.reporter.requests[-1]["metrics"]
    values = {(one["MetricName"], one["Dimensions"][-1]["Value"]): one["Value"] for one in told}
    assert values["EngineRunning", "acme-capital"] == 1
    assert (values["TunnelState", "Harbour"], values["TunnelState", "Harbour_B"]) == (1, 0)
    assert values["TunnelDataIn", "Harbour"] == 1  # in the second since the last time


def test_since_is_when_the_state_began(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    world.engine_says("Harbour")
    world.look()
    now[0] = 160.0
    world.engine_says("Harbour", "Northbridge")
    world.look()
    since = {name: tunnel["since"] for name, tunnel in world.state["tunnels"].items()}
    assert (since["Harbour"], since["Northbridge"]) == (100, 160)


def test_every_endpoint_has_its_metric_and_stands_in_the_state(
    world: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(self: Probe, place: tuple[str, int], now: float) -> None:
        if now - self.asked_at >= 60:
            self._asked_at = now
            self._decide(place[0] != "192.0.2.30", now)

    monkeypatch.setattr(Probe, "begin", begin)
    world.engine_says("Northbridge", "Harbour")
    both = {"harbour": [["orders", "192.0.2.20", 5001], ["dropcopy", "192.0.2.30", 5002]]}
    world.reporter.answers.append({"operations": json.dumps(OPERATIONS | {"endpoints": both})})
    world.look()
    for _ in range(32):
        world.look()
    found = [one for one in world.reporter.requests[-1]["metrics"] if one["MetricName"] == "FixPortUp"]
    assert [(_dimensions(one), one["Value"]) for one in found] == [
        ({"client": "acme-capital", "venue": "harbour", "endpoint": "orders"}, 1),
        ({"client": "acme-capital", "venue": "harbour", "endpoint": "dropcopy"}, 0),
    ]
    ports = world.state["tunnels"]["Harbour"]["fix_ports"]
    assert {name: port["up"] for name, port in ports.items()} == {"orders": True, "dropcopy": False}
    assert world.state["tunnels"]["Harbour_B"]["fix_ports"] == {}


def _dimensions(datum: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in datum["Dimensions"]}
