"""Several pairs of networks in one tunnel: each is watched, told of and repaired alone."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from fixtunnel import history
from fixtunnel.connections import Connection
from fixtunnel.contract import Pair
from fixtunnel.group import Group
from fixtunnel.keeper import Keeper
from fixtunnel.settings import Settings
from fixtunnel.sight import ChildSa, Seen
from tests.unit.gateway.conftest import Machine
from tests.unit.gateway.watching import Told

NAME = "Quayside"
OWN, KEPT = IPv4Address("10.92.3.7"), IPv4Address("10.65.1.11")
OURS = (f"{OWN}/32", f"{KEPT}/32")
THEIRS = ("10.230.0.0/24", "10.230.4.0/24")
HOST = IPv4Address("10.230.0.20")
START = 10_000.0
ASK = f"whack --name {NAME}/1x2 --asynchronous --initiate"
STATES = (
    f'#2: "{NAME}/1x1":4500 STATE_V2_ESTABLISHED_IKE_SA (established IKE SA); REKEY in 9s\n'
    f'#3: "{NAME}/1x1":4500 STATE_V2_ESTABLISHED_CHILD_SA (established Child SA); IKE SA #2;\n'
    f'#4: "{NAME}/2x1":4500 STATE_V2_ESTABLISHED_CHILD_SA (established Child SA); IKE SA #2;\n'
)
END = "whack --deletestate 4 --asynchronous"


def of_host_a(count: int) -> Connection:
    """A host that is translated: the venue knows it by the gateway's own address. What it sends is answered."""
    return Connection(IPv4Address("10.65.1.50"), 40000, HOST, 9100, True, count, count, seen_as=OWN)


def of_host_b(sent: int, answered: int = 5, *, is_open: bool = True, host: IPv4Address = HOST) -> Connection:
    """A host that keeps its address."""
    return Connection(KEPT, 40001, host, 9100, is_open, sent, answered, seen_as=KEPT)


class Tended:
    """A keeper of a tunnel with two networks on each side, looked after once a second."""

    def __init__(self, machine: Machine, here: Settings, *, ike: int = 2) -> None:
        tunnel = replace(here.tunnels[0], name=NAME, ike=ike, own=str(OWN), local=OURS, remote=THEIRS)
        self.machine, self.reporter, self.now = machine, Told(), START
        machine.answers["whack --status"] = STATES
        self.keeper = Keeper(here, tunnel, self.reporter)

    def look(self, seen: Seen, *told: Connection) -> list[str]:
        """What is run, but for the question how things are."""
        before = len(self.machine.ran)
        self.now += 1
        self.keeper.see(seen, self.now, told)
        self.keeper.tend(wanted=True, waits_for_psk=False, may_restart=False, now=self.now)
        return [line for line in self.machine.ran[before:] if line != "whack --status"]

    @property
    def pairs(self) -> list[Pair]:
        return self.keeper.told("current")["pairs"]


@pytest.fixture
def tended(machine: Machine, seed: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tended:
    monkeypatch.setattr(history.History.__init__, "__defaults__", (tmp_path,))
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.9)
    return Tended(machine, seed)


def both(a: int, b_in: int, b_out: int, *, born: int = 1) -> Seen:
    """A's pair and B's, and what went through each."""
    children = {"#3": ChildSa("/1x1", 1, a, a), "#4": ChildSa("/2x1", born, b_in, b_out)}
    return Seen("up", children=children, parts=tuple((f"{NAME}/{part}", "up") for part in ("1x1", "2x1")), newest=4)


def hour(tended: Tended, *, at: int = 0, seconds: int = 3600) -> list[str]:
    """A trades; B sends and hears nothing."""
    ran: list[str] = []
    for second in range(at, at + seconds):
        beats = 5 + second // 30
        ran += tended.look(both(beats * 100, 500, second * 60), of_host_a(beats), of_host_b(5 + second))
    return ran


def test_a_dead_pair_beside_one_that_trades_is_made_anew_alone(tended: Tended) -> None:
    ran = hour(tended, seconds=8)
    assert ran == [END], "it is to stay up, so the engine begins again by itself"
    assert tended.keeper.state == "up"
    (said,) = [text for text in tended.reporter.said if "we replace" in text]
    assert said == (
        f"{NAME}: nothing comes back from 10.230.0.20 between 10.65.1.11/32 and 10.230.0.0/24, while others are "
        "answered: we replace that child SA alone"
    )
    assert tended.keeper.told("current")["tried"] == [
        {"at": 1_700_000_000, "what": "replaced the child SA of one pair of networks"}
    ]


def test_where_that_does_not_help_it_is_rare_and_told(tended: Tended) -> None:
    assert hour(tended) == [END] * 2
    assert tended.pairs == [
        {"ours": "10.65.1.11/32", "theirs": "10.230.0.0/24", "state": "unanswered", "hosts": ["10.230.0.20"]}
    ]


def test_a_host_that_knocks_in_vain_counts_as_well(tended: Tended) -> None:
    """The venue has lost the child SA overnight, and nobody logs on."""
    ran: list[str] = []
    for second in range(10):
        seen = both(5 + second, 0, 60 * sum(second >= at for at in (1, 2, 4, 8)))
        ran += tended.look(seen, of_host_a(5 + second), *([of_host_b(1, 0, is_open=False)] if second else []))
    assert ran == [END]


def test_an_open_session_at_rest_keeps_its_pair(tended: Tended) -> None:
    """Another host of the same pair knocks at one that is not there."""
    ran: list[str] = []
    gone = IPv4Address("10.230.0.99")
    for second in range(60):
        seen = both(5 + second, 500, 500 + 60 * second)
        rest = replace(of_host_b(5), source_port=40002)
        ran += tended.look(seen, of_host_a(5 + second), rest, of_host_b(5 + second, 0, host=gone))
    assert ran == []
    assert tended.pairs == []


def test_our_probe_and_a_pair_of_which_nobody_wants_anything_are_no_silence(tended: Tended) -> None:
    ran: list[str] = []
    for second in range(60):
        ran += tended.look(both(5 + second, 0, 60 * second), of_host_a(5 + second))
    assert ran == []


def test_one_that_was_mended_and_carried_is_mended_again(tended: Tended) -> None:
    assert hour(tended, seconds=8) == [END]
    for second in range(8, 200):
        beats = 500 + second
        tended.look(both(beats, beats, beats, born=50), of_host_a(beats), of_host_b(beats, beats))
    ran: list[str] = []
    for second in range(200, 220):
        seen = both(500 + second, 699, 500 + second, born=50)
        ran += tended.look(seen, of_host_a(500 + second), of_host_b(500 + second, 699))
    assert ran == [END]


def test_without_the_kernels_word_no_pair_is_touched(tended: Tended) -> None:
    ran: list[str] = []
    for second in range(120):
        tended.now += 1
        tended.keeper.see(both(5 + second, 500, 60 * second), tended.now, None)
        tended.keeper.tend(wanted=True, waits_for_psk=False, may_restart=False, now=tended.now)
    assert [line for line in tended.machine.ran if "delete" in line] == ran


def partly(beats: int = 5, *, up: int = 1, of: int = 2) -> Seen:
    """The venue has one pair, and not the other."""
    parts = tuple((f"{NAME}/1x{n}", "up" if n <= up else "down") for n in range(1, of + 1))
    return Seen("down", children={"#3": ChildSa("/1x1", 1, beats, beats)}, parts=parts, newest=3)


@pytest.mark.parametrize("ike", [1, 2])
def test_a_refused_pair_is_soon_asked_for_rarely_and_told_once(
    machine: Machine, seed: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ike: int
) -> None:
    """Equipment that blocks who fails too often would block the tunnel that trades."""
    monkeypatch.setattr(history.History.__init__, "__defaults__", (tmp_path,))
    tended = Tended(machine, seed, ike=ike)
    asked = [
        second for second in range(7200) if tended.look(partly(5 + second // 30), of_host_a(5 + second // 30)) == [ASK]
    ]
    assert len(asked) < 40
    assert asked[0] <= 2, "one that fell for a moment comes back at once"
    assert asked[-1] - asked[-2] == 600
    said = [text for text in tended.reporter.said if "10.230.4.0/24" in text]
    assert said == [
        f"{NAME}: no child SA between 10.92.3.7/32 and 10.230.4.0/24, while others are up: the venue refuses it or does "
        "not answer; we ask ever more rarely"
    ]
    assert tended.pairs == [{"ours": "10.92.3.7/32", "theirs": "10.230.4.0/24", "state": "down", "hosts": []}]
    assert len(tended.keeper.told("current")["tried"]) == 6


def test_an_attempt_that_is_seen_makes_nobody_ask_more_often(tended: Tended) -> None:
    """Over IKEv1 a venue is silent about what it does not want: half of the time the engine tries."""
    asked = 0
    for second in range(7200):
        seen = partly()
        if second % 60 < 30:
            parts = (seen.parts[0], (f"{NAME}/1x2", "trying"))
            seen = replace(seen, phase="trying", parts=parts, is_asking=True)
        asked += tended.look(seen) == [ASK]
    assert 5 < asked < 40


def test_the_one_that_owns_the_ike_sa_is_asked_for_where_nothing_is_under_way(tended: Tended) -> None:
    """It is shown as far as IKE: the venue has ended its child SA, and others live on that IKE SA."""
    parts = ((f"{NAME}/1x1", "ike"), (f"{NAME}/1x2", "up"))
    seen = Seen("ike", children={"#3": ChildSa("/1x2", 1, 5, 5)}, parts=parts, newest=3)
    ask = f"whack --name {NAME}/1x1 --asynchronous --initiate"
    assert [tended.look(replace(seen, is_asking=True)) for _ in range(4)] == [[]] * 4
    assert tended.look(seen) == [ask]


def test_one_that_came_up_in_between_is_asked_for_at_once(tended: Tended) -> None:
    for _ in range(300):
        tended.look(partly())
    tended.look(partly(up=2))
    assert [tended.look(partly()) for _ in range(3)] == [[], [], [ASK]]


def test_after_a_day_a_refused_pair_is_asked_for_twice_an_hour(tended: Tended) -> None:
    for _ in range(4 * 3600):
        tended.look(partly())
    assert sum(tended.look(partly()) == [ASK] for _ in range(3600)) == 2


def test_a_tunnel_that_was_down_asks_for_all_its_pairs_at_once(tended: Tended) -> None:
    for _ in range(300):
        tended.look(partly())
    tended.look(Seen("down"))
    assert ASK in [line for _ in range(3) for line in tended.look(partly())]


class Choosing:
    """Gateways A and B, looked at once a second. A is preferred; what is up has so many of two pairs of networks."""

    def __init__(self, seed: Settings, folder: Path) -> None:
        self.now = START
        self.group = Group(
            [replace(seed.tunnels[0], name=name, group="q", active=name == "A") for name in "AB"], folder
        )

    def run(self, seconds: int, *, in_window: bool = False, **pairs: int) -> list[str]:
        """Why it changed, each time."""
        moved = []
        for _ in range(seconds):
            self.now += 1
            up = {name: pairs[name] if name == self.group.chosen else 0 for name in "AB"}
            if self.group.choose(
                now=self.now,
                well={name: up[name] == 2 for name in "AB"},
                pairs=up,
                carried=dict.fromkeys("AB", False),
                usable=dict.fromkeys("AB", True),
                in_window=in_window,
            ):
                moved.append(self.group.why)
        return moved


@pytest.fixture
def choosing(seed: Settings, tmp_path: Path) -> Choosing:
    return Choosing(seed, tmp_path)


def test_a_pair_that_is_refused_moves_no_venue_to_its_other_gateway(choosing: Choosing) -> None:
    """Partly up is not silence, and nobody knows that the other one would have more."""
    assert choosing.run(7200, A=1, B=1) == []
    assert choosing.run(20, A=0, B=1) == ["A was silent for 12 s"]


def test_it_goes_to_one_that_had_more_and_once(choosing: Choosing) -> None:
    assert choosing.run(60, A=0, B=2) == ["A was silent for 12 s"]
    assert choosing.run(1, A=1, B=2, in_window=True) == ["back to A in the restart window"]
    patient = choosing.run(11, A=1, B=2, in_window=True)
    moved = choosing.run(60, A=1, B=2, in_window=True)
    assert (patient, moved) == ([], ["A is up for 1 of the pairs of networks, B had 2"])
    assert choosing.run(7200, A=1, B=1) == [], "B has no more than A had"


def test_it_rests_after_such_a_change(choosing: Choosing) -> None:
    choosing.run(60, A=0, B=2)
    choosing.run(1, A=1, B=2, in_window=True)
    choosing.run(60, A=1, B=2, in_window=True)
    choosing.run(1, A=1, B=2)
    assert choosing.run(1, A=1, B=2, in_window=True) == ["back to A in the restart window"]
    moved_at = choosing.now
    assert choosing.run(1600, A=1, B=2, in_window=True) == []
    assert len(choosing.run(300, A=1, B=2, in_window=True)) == 1
    assert choosing.now - moved_at > 1700


def test_how_many_pairs_of_it_work(tended: Tended) -> None:
    tended.look(partly(up=1))
    assert tended.keeper.working_pairs(tended.now) == 1
    tended.look(both(5, 0, 0))
    assert tended.keeper.working_pairs(tended.now) == 2
    tended.look(Seen("down"))
    assert tended.keeper.working_pairs(tended.now) == 0
