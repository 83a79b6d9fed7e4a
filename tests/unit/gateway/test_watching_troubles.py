"""The watch in troubles that a look at one tunnel alone does not show: parts of a tunnel, a PSK on trial, a quiet neighbour."""

from __future__ import annotations

import base64
from itertools import pairwise
from pathlib import Path

import pytest

from fixtunnel import card, psk, repair, routes, settings, watch
from fixtunnel.address import Address
from fixtunnel.command import Failed
from fixtunnel.metadata import Metadata
from fixtunnel.settings import Settings
from tests.unit.gateway.conftest import GUARD
from tests.unit.gateway.test_card import OURS
from tests.unit.gateway.watching import LOADED, TRAFFIC, UP, Watching, world

__all__ = ["world"]


def parts(world: Watching, second: str) -> None:
    """Northbridge has two networks: the first carries, and of the second this is said. Harbour is up."""
    first = UP.format(name="Northbridge/1x1") + UP.format(name="Harbour")
    names = ("Northbridge/1x1", "Northbridge/1x2", "Northbridge_B", "Harbour", "Harbour_B")
    world.machine.answers["whack --status"] = "".join(LOADED.format(name=name) for name in names)
    count = TRAFFIC.replace("#2", "#7")
    world.machine.answers["whack --showstates"] = lambda: (
        0,
        first
        + second
        + count.format(name="Northbridge/1x1", count=int(world.clock[0]))
        + TRAFFIC.format(name="Harbour", count=int(world.clock[0])),
        "",
    )


@pytest.mark.parametrize("second", ["", '000 #9: "Northbridge/1x2":4500 STATE_QUICK_I1 (sent QI1, expecting QR1)\n'])
def test_a_network_that_does_not_come_up_costs_no_other(world: Watching, second: str) -> None:
    """The venue has one of two networks: the session through that one must not be ended every four seconds."""
    parts(world, second)
    ran = [line for _ in range(600) for line in world.look()]
    assert not [line for line in ran if "--terminate" in line or "replace" in line or "Northbridge_B" in line]
    assert world.states()["Northbridge"] == "partly-up"
    begun = [line for line in ran if "--initiate" in line]
    assert set(begun) <= {"whack --name Northbridge/1x2 --asynchronous --initiate"}
    assert bool(begun) is (not second), "one that is under way is the engine's"
    assert len(begun) < 30, "ever more rarely"


def test_a_part_that_hears_nothing_for_a_while_is_not_silent(world: Watching) -> None:
    """The venue refuses one of two networks, and its hosts are asleep: the other gateway would be no better off."""
    parts(world, "")
    world.look()
    stands = "".join(UP.format(name=name) for name in ("Northbridge/1x1", "Harbour"))
    world.machine.answers["whack --showstates"] = lambda: (
        0,
        stands + TRAFFIC.format(name="Harbour", count=int(world.clock[0])),
        "",
    )
    ran = [line for _ in range(100) for line in world.look()]
    assert not [line for line in ran if "Northbridge_B" in line or "--terminate" in line]
    assert world.state["groups"]["northbridge"]["up"] == "Northbridge"


def storm(world: Watching) -> list[int]:
    """Harbour's venue ends each child SA at once: the engine begins ten a second, while it is not told to stop."""
    number = [10]

    def states() -> tuple[int, str, str]:
        begun = world.machine.ran.count("whack --name Harbour --asynchronous --initiate")
        ended = sum("--name Harbour --terminate" in line for line in world.machine.ran)
        number[0] += 10 * (begun > ended)
        there = UP.format(name="Harbour").replace("#2", f"#{number[0]}") + TRAFFIC.format(
            name="Harbour", count=80
        ).replace("#2", f"#{number[0]}")
        north = UP.format(name="Northbridge") + TRAFFIC.format(name="Northbridge", count=int(world.clock[0]))
        return 0, north + (there if begun > ended else ""), ""

    world.machine.answers["whack --showstates"] = states
    return number


def test_a_venue_that_ends_each_sa_at_once_is_not_stormed(world: Watching) -> None:
    """A tunnel whose networks the venue narrows was negotiated ten times a second, for as long as nobody looked."""
    world.with_psk.discard("Harbour_B")
    number = storm(world)
    looks = [world.look() for _ in range(600)]
    assert number[0] < 10 + 10 * 10 * 7, "ten looks each time, and seven times in ten minutes"
    ended = [n for n, ran in enumerate(looks) if "whack --name Harbour --terminate" in ran]
    pauses = [later - sooner for sooner, later in pairwise(ended)]
    assert ended[0] < 10
    assert pauses == sorted(pauses) and pauses[-1] > 4 * pauses[0], pauses
    assert not [line for ran in looks for line in ran if "Northbridge " in line and "initiate" not in line]
    assert world.state["tunnels"]["Harbour"]["state"] == "ended-at-once"
    assert any("the venue ends each SA as soon as it is there" in said for said in world.reporter.said)


@pytest.fixture
def keys(world: Watching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The PSKs' files, in a folder of the test's."""
    for function in (
        psk.write,
        psk.holds,
        psk.keep_former,
        psk.has_former,
        psk.former_since,
        psk.put_back,
        psk.forget_former,
    ):
        defaults = function.__defaults__ or ()
        monkeypatch.setattr(function, "__defaults__", (*defaults[:-1], tmp_path))
    monkeypatch.setattr(psk, "has_value", lambda _tunnel, _folder=None: True)
    for tunnel in world.watch._here.tunnels:
        psk.write(tunnel, b"old", tmp_path)
    return tmp_path


def give(world: Watching, tunnel: str, value: bytes) -> None:
    told = {"version": "v2", "value": base64.b64encode(value).decode()}
    world.reporter.answers.append({"secrets": {tunnel: told}})


@pytest.mark.usefixtures("keys")
def test_a_new_psk_is_not_accepted_by_the_look_that_tries_it(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.look()
    give(world, "Harbour", b"new")
    assert "whack --name Harbour --terminate" in world.look()
    assert world.state["tunnels"]["Harbour"]["psk"] == "on-trial"
    world.engine_says("Northbridge")
    for _ in range(25):
        world.look()
    assert any("psk-refused" in said for said in world.reporter.said)
    assert world.state["groups"]["harbour"]["up"] == "Harbour", "the PSK before is tried before the other gateway"


@pytest.mark.usefixtures("keys")
def test_a_standbys_psk_disturbs_nobody(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.look()
    give(world, "Harbour_B", b"new")
    ran = [line for _ in range(120) for line in world.look() if "venue_gateways" not in line]
    assert ran == ["whack --rereadsecrets"]
    assert world.state["tunnels"]["Harbour_B"]["psk"] == "untried"


def test_a_session_at_rest_keeps_the_engine_from_being_restarted(world: Watching) -> None:
    """Its heartbeats come every half minute; the other venue has been away for an hour."""
    quiet = UP.format(name="Harbour") + TRAFFIC.format(name="Harbour", count=500)
    world.machine.answers["whack --showstates"] = (0, quiet, "")
    ran = [line for _ in range(int(repair.RESTART_AFTER) + 3600) for line in world.look()]
    assert not [line for line in ran if "ipsec.service" in line]


NO_GUARD = '{"nftables": [{"metainfo": {}}]}'


def test_a_guard_that_is_gone_is_loaded_again(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.look()
    said = iter([NO_GUARD, GUARD.format(handle=3), GUARD.format(handle=3)])
    world.machine.answers["nft --json list tables"] = lambda: (0, next(said), "")
    assert [line.split(" {")[0] for line in world.look()] == ["nft -f /etc/fixtunnel/guard.nft", LET_OUT]
    assert any("the guard was gone" in said for said in world.reporter.said)
    assert world.look() == []


LET_OUT = "nft add element inet fixtunnel venue_gateways"


def test_a_guard_that_somebody_loads_again_is_filled_at_the_next_look(
    world: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`systemctl restart fixtunnel-guard`: it begins closed, and every tunnel would stand still."""
    refused: list[set[str]] = []
    monkeypatch.setattr(routes, "refuse_hosts", lambda networks: refused.append(set(networks)))
    world.engine_says("Northbridge")
    world.look()
    passages = len(world.passages)
    world.machine.answers["nft --json list tables"] = GUARD.format(handle=3)
    assert [line.split(" {")[0] for line in world.look() if line.startswith("nft")] == [LET_OUT]
    assert len(world.passages) == passages + 1
    assert refused == [{"10.220.4.0/24"}] * 2, "and what is not reached is refused again"
    assert [said for said in world.reporter.said if "guard" in said] == [
        "the guard was loaded again, and is filled again"
    ]
    assert [line for line in world.look() if line.startswith("nft")] == []


def test_who_does_not_hold_the_address_stays_silent_after_a_load(world: Watching) -> None:
    world.held = False
    world.look()
    world.machine.answers["nft --json list tables"] = GUARD.format(handle=3)
    assert world.look() == ["nft flush set inet fixtunnel venue_gateways"]


def test_a_guard_that_could_not_be_filled_is_tried_again(world: Watching) -> None:
    world.machine.answers["nft add element"] = (1, "", "Error")
    for _ in range(2):
        with pytest.raises(Failed):
            world.look()
    del world.machine.answers["nft add element"]
    assert world.look()[0].startswith(LET_OUT)


def test_it_goes_on_after_a_failure(
    world: Watching, large: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks: list[int] = []

    def look(_self: watch.Watch) -> None:
        looks.append(1)
        if len(looks) == 3:
            raise KeyboardInterrupt
        raise Failed("whack took longer than 5 s")

    monkeypatch.setattr(watch.Watch, "look", look)
    monkeypatch.setattr(watch.Watch, "wait", lambda _self, _seconds: None)
    monkeypatch.setattr(Address, "look", lambda _self: True)
    monkeypatch.setattr(Metadata, "get", lambda _self, _path: "i-0a1b2c3d")
    monkeypatch.setattr("threading.Thread.start", lambda _self: None)
    monkeypatch.setattr(settings, "load", lambda: large)
    monkeypatch.setattr(card, "load", lambda _metadata: OURS)
    with pytest.raises(KeyboardInterrupt):
        watch.main()
    assert len(looks) == 3
    assert capsys.readouterr().out.count("whack took longer than 5 s") == 2


def test_hosts_are_told_which_networks_are_not_reached(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their TCP then goes on within a second or two of the tunnel. Of an engine that says nothing nothing is known."""
    told: list[set[str]] = []
    monkeypatch.setattr(routes, "refuse_hosts", lambda networks: told.append(set(networks)))
    world.engine_says("Northbridge")
    world.look()
    world.engine_says("Northbridge", "Harbour")
    world.look()
    world.machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    world.look()
    assert told == [{"10.220.4.0/24"}, set()]
