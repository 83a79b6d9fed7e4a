"""One tunnel's keeper, look by look: what it does, what it says of it, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from fixtunnel import history
from fixtunnel.connections import Connection
from fixtunnel.keeper import Keeper
from fixtunnel.probes import Probes
from fixtunnel.settings import Settings
from fixtunnel.sight import ChildSa, Seen
from fixtunnel.traffic import Traffic
from tests.unit.gateway.conftest import Machine
from tests.unit.gateway.street import sessions
from tests.unit.gateway.watching import Told

NAME = "LSE_Proquote"
START = 10_000.0
DOWN, IKE = Seen("down"), Seen("ike")
END, BEGIN = f"whack --name {NAME} --terminate", f"whack --name {NAME} --asynchronous --initiate"


def up(count_in: int = 0, count_out: int = 0, *, born: int = 100) -> Seen:
    return Seen("up", children={f"#{born}": ChildSa("", born, count_in, count_out)}, newest=born)


class Kept:
    """A keeper, looked after once a second."""

    def __init__(self, machine: Machine, here: Settings) -> None:
        self.machine, self.reporter, self.now = machine, Told(), START
        self.keeper = Keeper(here, here.tunnels[0], self.reporter)
        self.hosts = [str(ip_address(self.keeper.tunnel.remote[0].split("/")[0]) + 20)]

    def look(
        self,
        seen: Seen | None,
        *,
        seconds: int = 1,
        wanted: bool = True,
        may_restart: bool = False,
        spares: bool = False,
        waits_for_psk: bool = False,
    ) -> list[str]:
        """What is run in so many looks. The engine may be restarted once in them."""
        before, began = len(self.machine.ran), self.now
        for _ in range(seconds):
            self.now += 1
            self.keeper.see(seen, self.now, sessions(seen or DOWN, *self.hosts))
            may = may_restart and self.keeper.restarted_at < began
            self.keeper.tend(
                wanted=wanted, waits_for_psk=waits_for_psk, may_restart=may, now=self.now, spares_ike=spares
            )
        return self.machine.ran[before:]

    @property
    def tried(self) -> list[str]:
        return [one["what"] for one in self.keeper.told("current")["tried"]]


@pytest.fixture
def kept(machine: Machine, seed: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kept:
    monkeypatch.setattr(history.History.__init__, "__defaults__", (tmp_path,))
    return Kept(machine, seed)


def test_a_new_one(kept: Kept) -> None:
    told = kept.keeper.told("current")
    assert (told["state"], told["ike_up"], told["child_sa_since"], told["tried"]) == ("unseen", False, None, [])
    assert (told["active"], told["venue"], told["psk"]) == (True, "lse-proquote", "current")
    assert (told["fix_ports"], told["changes"], told["incident"]) == ({}, [], None)
    assert (kept.keeper.down_seconds, kept.keeper.serves(START)) == (0.0, False)


@pytest.mark.parametrize(("seen", "ike_up"), [(DOWN, False), (IKE, True), (up(), True), (Seen("trying"), False)])
def test_whether_ike_is_up(kept: Kept, seen: Seen, ike_up: bool) -> None:
    kept.look(seen)
    assert kept.keeper.told("current")["ike_up"] is ike_up


def test_seconds_in_which_it_was_not_well_add_up(kept: Kept) -> None:
    kept.look(up(), seconds=5)
    assert kept.keeper.down_seconds == 0.0
    kept.look(DOWN, seconds=3)
    kept.look(None, seconds=2)
    assert kept.keeper.down_seconds == 5.0


def test_each_change_is_told_and_kept(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for at, seen in enumerate((DOWN, up(), up(), IKE), start=100):
        monkeypatch.setattr("time.time", lambda at=at: at + 0.9)
        kept.look(seen)
    changes = [f"{NAME}: {state}" for state in ("down", "up", "ike")]
    assert [text for text in kept.reporter.said if text in changes] == changes
    told = kept.keeper.told("current")
    assert [(one["state"], one["at"]) for one in told["changes"]] == [("down", 100), ("up", 101), ("ike", 103)]
    assert told["incident"] == {"state": "ike", "at": 103, "until": None}
    assert told["since"] == 103
    assert (tmp_path / f"history-{NAME}.json").exists()


def test_what_was_tried_is_told_until_it_is_up(kept: Kept) -> None:
    kept.look(DOWN)
    assert kept.tried == ["began to negotiate"]
    kept.look(Seen("trying", progress="STATE_MAIN_I1"), seconds=40)
    assert kept.tried == ["ended its SAs and began again"] * 6
    kept.look(up())
    assert kept.tried == []


def test_of_a_long_trouble_the_first_attempts_are_said_and_what_is_rare(kept: Kept) -> None:
    kept.look(Seen("trying"), seconds=300)
    kept.look(Seen("trying"), seconds=100, may_restart=True)
    said = [text for text in kept.reporter.said if "so we" in text]
    assert said == [
        f"{NAME} is trying, so we ended its SAs and began again",
        f"{NAME} is trying, so we ended its SAs and began again",
        f"{NAME} is trying, so we loaded its configuration again and began afresh",
        f"{NAME} is trying, so we restarted the engine",
        f"{NAME} is trying, so we loaded its configuration again and began afresh",
    ]


def test_a_configuration_that_is_loaded_again_and_an_engine_that_is_restarted(kept: Kept) -> None:
    ran = kept.look(Seen("trying"), seconds=61)
    assert ran.count(f"ipsec auto --replace {NAME}") == 1
    ran = kept.look(Seen("trying"), seconds=9, may_restart=True)
    assert ran.count("systemctl stop ipsec.service") == 1
    assert kept.now - 9 < kept.keeper.restarted_at <= kept.now


def test_neither_where_another_tunnel_lives_on_the_same_ike_sa(kept: Kept) -> None:
    """To load it again would end that."""
    kept.look(Seen("trying"), seconds=250, spares=True)
    assert not any("loaded its configuration" in what for what in kept.tried)
    assert not any("loaded its configuration" in text for text in kept.reporter.said)
    kept.look(Seen("unknown"), seconds=30, spares=True)
    assert kept.tried[-1] == "loaded its configuration again and began afresh", "what is not loaded has nothing to lose"


def test_one_that_goes_one_way_is_begun_anew_and_has_then_kept_nobody_waiting(kept: Kept) -> None:
    ran: list[str] = []
    for second in range(8):
        ran += kept.look(up(5, 5 + second))
    assert END in ran
    assert not kept.keeper.traffic.is_one_way(kept.now)
    assert any("is one-way, so we" in text for text in kept.reporter.said)


def test_one_that_came_up_and_carries_nothing_while_each_port_was_asked(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    monkeypatch.setattr(Probes, "are_unanswered", lambda _self, since: asked.append(since) or True)
    ran = kept.look(up(), seconds=60)
    assert (ran.count(END), kept.keeper.state) == (1, "up")
    assert (
        f"{NAME} brings nothing back, and no FIX port answers, so we ended its SAs and began again"
        in kept.reporter.said
    )
    assert asked[0] == float("-inf")
    assert asked[-1] > START, "since it came up again"
    kept.look(up(5))
    kept.hosts.clear()
    assert kept.look(up(5), seconds=2000) == [], "it has carried, though its session is over"


def test_one_that_came_up_beside_an_open_session_is_left_alone(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probes, "are_unanswered", lambda _self, _since: True)
    monkeypatch.setattr(Traffic, "is_in_use", lambda _self, now: now == kept.now)
    assert kept.look(up(), seconds=60) == []


def test_a_tunnel_that_proved_itself_may_be_begun_anew_at_once(kept: Kept) -> None:
    for second in range(5):
        kept.look(up(5, 5 + second))
    assert kept.look(up(9, 9)) == [], "it is answered again"
    ran: list[str] = []
    for second in range(6):
        ran += kept.look(up(9, 10 + second))
    assert ran.count(END) == 1


@pytest.mark.parametrize(
    ("seen", "state", "ended"),
    [(DOWN, "standby", False), (Seen("unknown"), "unknown", False), (up(), "standby", True), (IKE, "standby", True)],
)
def test_one_whose_place_another_has(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, seen: Seen, state: str, ended: bool
) -> None:
    forgotten: list[bool] = []
    monkeypatch.setattr(Probes, "forget", lambda _self: forgotten.append(True))
    ran = kept.look(seen, wanted=False)
    assert (kept.keeper.state, bool(ran), forgotten) == (state, ended, [True])


def test_one_that_had_to_rest_begins_at_once(kept: Kept) -> None:
    kept.look(up())
    kept.look(DOWN, wanted=False)
    assert kept.look(DOWN) == [BEGIN]


@pytest.mark.parametrize(("seen", "ended"), [(DOWN, False), (Seen("unknown"), False), (None, False), (up(), True)])
def test_an_instance_without_the_address_is_silent(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, seen: Seen | None, ended: bool
) -> None:
    forgotten: list[bool] = []
    monkeypatch.setattr(Probes, "forget", lambda _self: forgotten.append(True))
    kept.keeper.see(seen, START)
    kept.keeper.be_silent()
    assert (kept.keeper.state, END in kept.machine.ran, forgotten) == ("silent", ended, [True])
    assert kept.look(DOWN) == [BEGIN], "with the address again it begins at once"


def test_some_of_its_networks_are_asked_for_by_themselves(kept: Kept) -> None:
    """Whatever ends an SA would take those that are there with it."""

    def partly(phase: str, *, both: bool = False) -> Seen:
        parts = ((f"{NAME}/1x1", "up"), (f"{NAME}/1x2", "up" if both else phase))
        return Seen("up" if both else "trying", children={"#1": ChildSa("/1x1", 100)}, parts=parts)

    pair = replace(kept.keeper.tunnel, remote=("10.230.0.0/24", "10.230.4.0/24"))
    kept.keeper = Keeper(kept.keeper._here, pair, kept.reporter)
    kept.look(partly("down", both=True))
    kept.look(partly("down"))
    ran = kept.look(partly("down"), seconds=4)
    assert kept.keeper.state == "partly-up"
    assert ran == [f"whack --name {NAME}/1x2 --asynchronous --initiate"]
    assert kept.tried == ["began to negotiate"]
    assert kept.look(partly("trying"), seconds=60) == []


def test_an_engine_that_is_gone_is_not_asked_for_anything(kept: Kept) -> None:
    assert kept.look(None, seconds=10) == []
    assert kept.keeper.state == "engine-down"


def test_one_without_a_psk_waits_for_it(kept: Kept) -> None:
    assert kept.look(DOWN, seconds=10, waits_for_psk=True) == []
    assert kept.keeper.state == "waiting-for-psk"


def test_a_peer_that_ends_each_sa_at_once_is_left_alone_for_a_while(kept: Kept) -> None:
    ran: list[str] = []
    number = 0
    while not ran and number < 300:
        number += 10
        ran = kept.look(Seen("up", children={f"#{number}": ChildSa("", number)}, newest=number))
    assert (ran, kept.keeper.state) == ([END], "ended-at-once")
    assert kept.look(DOWN, seconds=14) == []
    assert kept.keeper.state == "ended-at-once"
    assert kept.look(DOWN, seconds=3).count(BEGIN) == 1


def test_an_ike_sa_on_which_not_even_a_child_sa_ends_is_dead(kept: Kept) -> None:
    """While another tunnel works on it, it stays. Without one, all that is on it starts again."""
    for second in range(8):
        kept.look(up(5, 5 + second), spares=True)
    assert END not in kept.machine.ran
    assert any("is one-way, so we" in text for text in kept.reporter.said)
    assert kept.look(up(5, 13)) == [END, BEGIN]
    assert any("the IKE SA is not answered" in text for text in kept.reporter.said)
    assert kept.tried == ["ended its SAs and began again"]


@pytest.mark.parametrize(("ike", "since"), [(1, None), (2, START + 1)])
def test_a_request_that_is_not_answered_shows_a_dead_peer_over_ikev2_only(
    kept: Kept, ike: int, since: float | None
) -> None:
    kept.keeper.tunnel = replace(kept.keeper.tunnel, ike=ike)
    for _ in range(60):
        kept.now += 1
        kept.keeper.see(Seen("trying", is_asking=True), kept.now)
    assert kept.keeper.unanswered_since(kept.now) == since


def partly(count_in: int, count_out: int = 0) -> Seen:
    """One of its two networks is reached."""
    parts = ((f"{NAME}/1x1", "up"), (f"{NAME}/1x2", "down"))
    return Seen("trying", children={"#1": ChildSa("/1x1", 100, count_in, count_out)}, parts=parts)


@pytest.mark.parametrize(("seen", "serves"), [(up(), True), (partly(0), False), (partly(5), True), (DOWN, False)])
def test_it_keeps_its_place_while_a_session_may_be_carried(kept: Kept, seen: Seen, serves: bool) -> None:
    kept.look(seen)
    assert kept.keeper.serves(kept.now) is serves


def test_part_of_it_that_goes_one_way_keeps_no_place(kept: Kept) -> None:
    for second in range(8):
        kept.now += 1
        kept.keeper.see(partly(5, 5 + second), kept.now, sessions(partly(5, 5 + second), *kept.hosts))
    assert not kept.keeper.serves(kept.now)


@pytest.mark.parametrize("probing", [True, False])
def test_our_own_probe_is_no_traffic_that_waits_for_an_answer(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, probing: bool
) -> None:
    """The kernel may not tell whose connection it is; where it does, the probe's does not count."""
    monkeypatch.setattr(Probes, "waiting", property(lambda _self: [object()] if probing else []))
    for second in range(80):
        kept.now += 1
        kept.keeper.see(up(5, 5 + second), kept.now)
    assert kept.keeper.is_well(kept.now) is probing


def test_a_connect_of_our_own_probe_shows_no_host_that_is_silent(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = Connection(ip_address(kept.keeper.tunnel.own), 40000, ip_address(kept.hosts[0]), 5001, False, 1, 0)
    monkeypatch.setattr(Probes, "own", property(lambda _self: frozenset({connect.key})))
    for second in range(8):
        kept.now += 1
        connect = replace(connect, sent=1 + second)
        kept.keeper.see(up(5, 5 + second), kept.now, [connect])
    assert kept.keeper.traffic.silent_hosts(kept.now) == frozenset()


@pytest.mark.parametrize("spares", [True, False])
def test_one_that_gives_way_leaves_others_the_ike_sa(kept: Kept, spares: bool) -> None:
    kept.keeper.tunnel = replace(kept.keeper.tunnel, ike=2)
    kept.look(up(), spares=spares)
    kept.keeper.give_way()
    assert (END in kept.machine.ran, f"whack --name {NAME} --delete" in kept.machine.ran) == (spares, not spares)
    assert kept.machine.ran[-1] == f"whack --name {NAME} --unroute"


def test_each_end_of_one_that_goes_one_way_is_said(kept: Kept) -> None:
    """It costs a session. Two hosts are asked: of one alone the host may be what is silent."""
    kept.hosts.append(str(ip_address(kept.hosts[0]) + 1))
    ran = [line for second in range(900) for line in kept.look(partly(5, 5 + second))]
    assert ran.count(END) > 3
    assert sum("is one-way, so we" in text for text in kept.reporter.said) == ran.count(END)


def test_one_host_that_is_silent_ends_its_tunnel_once(kept: Kept) -> None:
    """The repair was the proof that the venue is well. Another one in half an hour, if it still is silent then."""
    ran = [line for second in range(900) for line in kept.look(partly(5, 5 + second))]
    assert ran.count(END) == 1
