"""By pair of networks: what is said through one pair says nothing of another, and is forgotten with that one alone."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from itertools import pairwise

from fixtunnel.connections import Connection
from fixtunnel.contract import Pair
from fixtunnel.pairs import Pairs
from fixtunnel.settings import Settings
from fixtunnel.sight import ChildSa, Seen
from fixtunnel.silence import Talks
from fixtunnel.traffic import Traffic
from tests.unit.gateway.street import ORDERS
from tests.unit.gateway.test_contract_kept import differences

THEIRS = ("10.220.4.0/24", "10.221.0.0/16")
OURS = ("10.64.1.0/24", "10.64.2.0/24")
HOSTS = {"/1x1": "10.220.4.10", "/1x2": "10.221.0.10"}


def sent(number: int, *, source: str = "10.64.1.10") -> list[Connection]:
    """An open session to each host, which answered once."""
    hosts = map(IPv4Address, HOSTS.values())
    return [Connection(IPv4Address(source), 50001 + at, host, 7010, True, number, 1) for at, host in enumerate(hosts)]


def unanswered(talks: Talks, *, source: str = "10.64.1.10") -> Talks:
    """At second six nobody was answered for five seconds."""
    for now in range(3):
        talks.note(sent(now + 1, source=source), frozenset(), float(now), max(0.0, now - 1.0))
    return talks


def unheard(talks: Talks) -> dict[str, set[str]]:
    pairs = ("", "/1x1", "/1x2", "/2x1", "/2x2")
    return {pair: set(hosts) for pair in pairs if (hosts := talks.unheard(pair, 6.0))}


def test_each_host_is_of_its_pair() -> None:
    both = {*HOSTS.values()}
    assert unheard(unanswered(Talks(["10.220.0.0/15"]))) == {"": both}, "one pair alone has no number"
    assert unheard(unanswered(Talks(["10.220.0.0/15"], OURS))) == {"/1x1": both}
    assert unheard(unanswered(Talks(THEIRS))) == {pair: {host} for pair, host in HOSTS.items()}
    assert unheard(unanswered(Talks(THEIRS, OURS))) == {pair: {host} for pair, host in HOSTS.items()}
    assert set(unheard(unanswered(Talks(THEIRS, OURS), source="10.64.2.10"))) == {"/2x1", "/2x2"}
    assert unheard(unanswered(Talks(THEIRS, OURS), source="10.99.0.1")) == {"": both}, "whose source is in none of ours"


def test_what_is_begun_again_is_one_pair() -> None:
    traffic = Traffic(THEIRS)
    for now in range(3):
        children = {f"#{at}": ChildSa(pair, 100, 0, now + 1) for at, pair in enumerate(HOSTS)}
        traffic.note(Seen("up", children=children), float(now), connections=sent(now + 1))
    assert traffic.silent_pairs(6.0) == {pair: frozenset({host}) for pair, host in HOSTS.items()}
    traffic.begin_pair_again("/1x1")
    assert traffic.silent_pairs(6.0) == {"/1x2": frozenset({HOSTS["/1x2"]})}


def test_a_pair_that_is_missing_is_asked_for_less_and_less(seed: Settings) -> None:
    pairs = Pairs(replace(seed.tunnels[0], remote=THEIRS, local=OURS))
    asked = []
    for now in range(4 * 3600):
        pairs.note(["/1x2"], {}, float(now))
        asked += [now for _ in pairs.to_ask_for(["/1x2"], float(now))]
    pauses = [later - sooner for sooner, later in pairwise(asked)]
    assert asked[0] == 2, "the engine begins again by itself first"
    assert sorted(set(pauses)) == [4, 60, 600, 1800]
    assert pauses == sorted(pauses)


def test_what_is_told_of_a_tunnel_fits_into_the_state_file(seed: Settings) -> None:
    pairs = Pairs(replace(seed.tunnels[0], remote=(*THEIRS, "10.222.0.0/16"), local=OURS))
    missing = [f"/{ours}x{theirs}" for ours in (1, 2) for theirs in (1, 2, 3)]
    pairs.note(missing, {}, 0.0)
    assert [one["state"] for one in pairs.told()] == ["down"] * 5
    assert differences(pairs.told(), list[Pair]) == []
    pairs.note([], {"/1x1": frozenset(f"10.220.4.{number}" for number in range(10, 19))}, 1.0)
    assert [len(one["hosts"]) for one in pairs.told()] == [5]


def test_since_when_nothing_came_where_that_may_be_the_tunnels_fault() -> None:
    def noted(traffic: Traffic, now: float, came: int, *known: Connection) -> float | None:
        traffic.note(Seen("up", children={"#2": ChildSa("", 100, came, int(now))}), now, connections=known)
        return traffic.unheard_since(now)

    new, carried, remote = Traffic(), Traffic(["10.220.4.0/24"]), IPv4Address(ORDERS)
    new.note(Seen("down"), 1.0, connections=())
    assert new.unheard_since(1.0) == 1.0, "it may go one way only"
    for now, came in ((0.0, 0), (1.0, 5), (1000.0, 5)):
        noted(carried, now, came)
    assert carried.unheard_since(1000.0) is None, "nobody wants anything of it"
    connect = Connection(IPv4Address("10.64.1.10"), 50002, remote, 7010, False, 1, 0)
    assert [noted(carried, now, 5, connect) for now in (1001.0, 1002.0, 1003.0, 1003.5)] == [None, None, None, 1.0]
    session = Connection(IPv4Address("10.64.1.10"), 50003, remote, 7010, True, 9, 9)
    assert noted(carried, 1005.0, 5, connect, session) is None, "an open session will show how it is"
