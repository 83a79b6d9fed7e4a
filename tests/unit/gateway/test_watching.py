"""The watch: who brings tunnels up, and when nobody may."""

from __future__ import annotations

from typing import Any

import pytest

from fixtunnel import child, psk, settings, state, watch
from fixtunnel.address import Address
from fixtunnel.command import Failed
from fixtunnel.settings import Settings
from tests.unit.gateway.conftest import Machine

NAMES = ("Northbridge", "Northbridge_B", "Harbour", "Harbour_B")
UP = '000 #2: "{name}":4500 STATE_QUICK_I2 (sent QI2, IPsec SA established); EVENT_SA_REPLACE in 2s\n'
LOADED = '000 "{name}": 10.90.1.7/32===10.64.0.9...198.51.100.20; unrouted; eroute owner: #0\n'


class Watching:
    """A watch with its world: the address, the PSKs that are here, and the engine's words."""

    def __init__(self, machine: Machine, here: Settings) -> None:
        self.machine = machine
        self.held = True
        self.with_psk = {tunnel.name for tunnel in here.tunnels}
        self.asked: list[str] = []
        self.state: dict[str, Any] = {}
        self.watch: watch.Watch
        self.engine_says()

    def engine_says(self, *up: str) -> None:
        """All tunnels are loaded; these are up."""
        lines = [LOADED.format(name=name) for name in NAMES] + [UP.format(name=name) for name in up]
        self.machine.answers["whack --status"] = "".join(lines)

    def look(self) -> list[str]:
        """Look once; what was run, but for the question how things are."""
        before = len(self.machine.ran)
        self.watch.look()
        return [line for line in self.machine.ran[before:] if line != "whack --status"]


@pytest.fixture
def world(machine: Machine, large: Settings, monkeypatch: pytest.MonkeyPatch) -> Watching:
    made = Watching(machine, large)

    def fetch(tunnel: settings.Tunnel, read: Any) -> bool:
        assert read is child.secret
        made.asked.append(tunnel.name)
        return tunnel.name in made.with_psk

    monkeypatch.setattr(Address, "look", lambda _self: made.held)
    monkeypatch.setattr(psk, "has_value", lambda tunnel: tunnel.name in made.with_psk)
    monkeypatch.setattr(psk, "fetch", fetch)
    monkeypatch.setattr(state, "write", made.state.update)
    made.watch = watch.Watch(large)
    return made


def test_with_the_address_the_active_ones_come_up(world: Watching) -> None:
    assert world.look() == [
        "nft add element inet fixtunnel venue_gateways { 198.51.100.20, 198.51.100.21, 198.51.100.30, 198.51.100.31 }",
        "whack --name Northbridge --asynchronous --initiate",
        "whack --name Harbour --asynchronous --initiate",
    ]
    assert world.state["state"] == "holding"


def test_what_is_up_is_left_alone(world: Watching) -> None:
    world.look()
    world.engine_says("Northbridge", "Harbour")
    assert world.look() == []
    states = {name: tunnel["state"] for name, tunnel in world.state["tunnels"].items()}
    assert states == {"Northbridge": "up", "Northbridge_B": "down", "Harbour": "up", "Harbour_B": "down"}


def test_without_the_address_nobody_speaks(world: Watching) -> None:
    world.held = False
    assert world.look() == ["nft flush set inet fixtunnel venue_gateways"]
    assert world.state["state"] == "waiting-for-address"


def test_who_loses_the_address_falls_silent(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.look()
    world.held = False
    assert world.look() == [
        "nft flush set inet fixtunnel venue_gateways",
        "whack --name Northbridge --terminate",
        "whack --name Harbour --terminate",
    ]


def test_guard_is_asserted_now_and_then(world: Watching, no_waiting: list[float]) -> None:
    """In case somebody loaded it anew: it begins closed."""
    world.engine_says("Northbridge", "Harbour")
    assert [len(world.look()) for _ in range(2)] == [1, 0]
    no_waiting[0] += watch.ASSERT_PERIOD_SECONDS
    assert len(world.look()) == 1


def test_a_psk_to_come(world: Watching, no_waiting: list[float]) -> None:
    """Asked for every 20 s; once it is here the engine reads it, and the next look brings the tunnel up: within 30 s."""
    world.with_psk.remove("Harbour")
    world.engine_says("Northbridge")
    for _ in range(10):
        world.look()
        no_waiting[0] += watch.PERIOD_SECONDS
    assert world.asked == ["Harbour", "Harbour"]
    assert world.state["tunnels"]["Harbour"]["state"] == "waiting-for-psk"
    assert not world.machine.has_run("whack --name Harbour")
    world.with_psk.add("Harbour")
    world.look()
    assert world.machine.has_run("whack --name Harbour --asynchronous --initiate")


def test_a_psk_that_comes_is_read_by_the_engine(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    world.with_psk.remove("Harbour")
    monkeypatch.setattr(psk, "fetch", lambda _tunnel, _read: True)
    assert "whack --rereadsecrets" in world.look()


def test_a_secret_that_cannot_be_read_stops_no_other_tunnel(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_tunnel: settings.Tunnel, _read: Any) -> bool:
        raise Failed("AWS: secret cannot be read", "AccessDenied")

    world.with_psk.remove("Northbridge")
    monkeypatch.setattr(psk, "fetch", fail)
    assert "whack --name Harbour --asynchronous --initiate" in world.look()
    assert world.state["tunnels"]["Northbridge"]["state"] == "waiting-for-psk"


def test_since_is_when_the_phase_began(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    world.engine_says("Harbour")
    world.look()
    now[0] = 160.0
    world.engine_says("Harbour", "Northbridge")
    world.look()
    since = {name: tunnel["since"] for name, tunnel in world.state["tunnels"].items()}
    assert (since["Harbour"], since["Northbridge"]) == (100, 160)


def test_it_goes_on_after_a_failure(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def look(_self: watch.Watch) -> None:
        looks.append(1)
        if len(looks) == 3:
            raise KeyboardInterrupt
        raise Failed("whack took longer than 60 s")

    monkeypatch.setattr(watch.Watch, "look", look)
    monkeypatch.setattr(settings, "load", lambda: world.watch._here)
    with pytest.raises(KeyboardInterrupt):
        watch.main()
    assert len(looks) == 3
