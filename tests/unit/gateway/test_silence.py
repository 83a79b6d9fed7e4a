"""The watch over time: what may count against a tunnel, and what is a finding about one host."""

from __future__ import annotations

import json
from collections.abc import Callable
from ipaddress import IPv4Address
from itertools import count

import pytest

from fixtunnel import connections
from tests.unit.gateway.street import DROPCOPY, NOBODY, ORDERS, OWN, Street
from tests.unit.gateway.test_watching import OPERATIONS
from tests.unit.gateway.watching import Watching, world

__all__ = ["world"]
HALF_HOUR = 1800
BEATS = [1, 30, 60, 300, 1500]


class Socket:
    """A socket of the probe's, to a host of the street."""

    ports = count(40000)

    def __init__(self, street: Street) -> None:
        self._street = street
        self._port = next(self.ports)
        self._closed = False

    def bind(self, _address: tuple[str, int]) -> None: ...

    def getsockname(self) -> tuple[str, int]:
        return str(OWN), self._port

    def connect_ex(self, place: tuple[str, int]) -> int:
        self._line = self._street.knock(place[0], source=OWN, port=self._port)
        return 115

    def getpeername(self) -> None:
        if not self._line.is_open:
            raise OSError

    def getsockopt(self, *_words: int) -> int:
        return 0

    def close(self) -> None:
        """No more is repeated; an open one ends."""
        self._line.waits_since, self._line.is_open, self._line.began = None, False, self._street.world.clock[0]


@pytest.fixture
def street(world: Watching, monkeypatch: pytest.MonkeyPatch) -> Street:
    made = Street(world)
    world.with_psk.discard("Harbour_B")
    monkeypatch.setattr(connections, "read", made.connections)
    monkeypatch.setattr("fixtunnel.probes.socket.socket", lambda *_kind: Socket(made))
    world.look()
    return made


@pytest.fixture
def probes(street: Street) -> Callable[..., None]:
    """Let these hosts be the venue's endpoints."""

    def tell(*hosts: str) -> None:
        endpoints = [[f"port-{host}", host, 7010] for host in hosts]
        told = {**OPERATIONS, "fix": {"harbour": [hosts[0], 7010]}, "endpoints": {"harbour": endpoints}}
        street.world.reporter.answers.append({"operations": json.dumps(told)})

    return tell


@pytest.mark.parametrize("beat", BEATS)
def test_a_dead_hosts_probe_does_not_end_a_quiet_session(
    street: Street, probes: Callable[..., None], beat: int
) -> None:
    """Thirty tear-downs in thirty minutes: the probe's connects counted as traffic that nobody answers."""
    probes(ORDERS, DROPCOPY)
    street.alive = {DROPCOPY}
    street.session(DROPCOPY, beat=beat)
    assert street.run(HALF_HOUR) == []
    ports = street.world.state["tunnels"]["Harbour"]["fix_ports"]
    assert {name: port["up"] for name, port in ports.items()} == {f"port-{ORDERS}": False, f"port-{DROPCOPY}": True}


@pytest.mark.parametrize("beat", BEATS)
def test_a_host_that_calls_nobody_does_not_end_another_ones_session(street: Street, beat: int) -> None:
    street.session(ORDERS, beat=beat)
    for minute in range(30):
        street.knock(NOBODY)
        assert street.run(60) == [], minute
    assert street.world.states()["Harbour"] == "up"


def test_a_host_that_calls_nobody_beside_a_host_that_is_known_to_be_gone(
    street: Street, probes: Callable[..., None]
) -> None:
    probes(ORDERS, DROPCOPY)
    street.alive = {DROPCOPY}
    street.session(DROPCOPY, beat=30)
    for _ in range(10):
        street.knock(NOBODY)
        street.knock(ORDERS)
        assert street.run(60) == []


def test_a_session_to_a_host_that_went_is_that_hosts_finding(street: Street) -> None:
    street.session(ORDERS, beat=5)
    street.session(DROPCOPY, beat=30)
    street.run(100)
    street.alive.discard(ORDERS)
    assert street.run(600) == []


@pytest.mark.parametrize("others", [(), (ORDERS,)])
def test_a_tunnel_that_loses_all_answers_is_begun_anew(street: Street, others: tuple[str, ...]) -> None:
    """As soon as whoever is quiet has spoken too."""
    street.session(DROPCOPY, beat=30)
    for host in others:
        street.session(host, beat=2)
    street.run(95)
    street.loses_answers = True
    ended = street.run(60)
    assert len(ended) >= 1
    assert ended[0] <= 35


def test_one_that_trades_alone_is_not_waited_for(street: Street) -> None:
    street.session(ORDERS, beat=1)
    street.run(10)
    street.loses_answers = True
    assert street.run(10)[0] <= 5


def test_a_bare_acknowledgement_makes_no_beat_look_unanswered(street: Street) -> None:
    """It was counted in another look than what it acknowledged, and half a minute later the beat in another than its answer.

    Seen in the rehearsal: on a busy machine the answer took over a second, and the tunnel was ended under the session.
    """
    line = street.session(ORDERS, beat=0)
    for _ in range(20):
        line.sent += 1
        street.count_out += 52
        assert street.run(30) == []
        line.sent += 1
        street.count_out += 120
        assert street.run(3) == []
        line.answered += 1
        street.count_in += 52
        assert street.run(1) == []


def test_a_tunnel_that_never_carried_is_repaired_once_in_half_an_hour(
    street: Street, probes: Callable[..., None]
) -> None:
    """Nobody trades yet, and it may go one way only: better found before the opening."""
    probes(ORDERS, DROPCOPY)
    street.loses_answers = True
    ended = street.run(2 * HALF_HOUR)
    assert len(ended) == 2
    assert ended[0] < 120
    assert ended[1] - ended[0] >= HALF_HOUR


def test_a_tunnel_with_one_port_that_answers_is_left_alone(street: Street, probes: Callable[..., None]) -> None:
    probes(ORDERS, DROPCOPY)
    street.alive = {DROPCOPY}
    assert street.run(2 * HALF_HOUR) == []


def test_a_tunnel_that_carried_is_not_repaired_for_the_night(street: Street, probes: Callable[..., None]) -> None:
    probes(ORDERS)
    street.run(120)
    street.alive = set()
    assert street.run(2 * HALF_HOUR) == []


def test_a_single_host_that_is_gone_costs_one_repair_in_half_an_hour(
    street: Street, probes: Callable[..., None]
) -> None:
    """The negotiation after the first repair was answered: IKE shows that the peer is well."""
    probes(ORDERS)
    street.run(90)
    street.alive = set()
    ended = []
    for minute in range(59):
        street.knock(ORDERS)
        ended += [60 * minute + at for at in street.run(60)]
    assert len(ended) == 2
    assert ended[0] <= 75, "as soon as the probe of each minute has met it too"
    assert ended[1] - ended[0] >= HALF_HOUR


def test_a_tunnel_that_went_one_way_over_night_is_begun_anew_for_who_connects(
    street: Street, probes: Callable[..., None]
) -> None:
    """The session ended in the evening. In the morning the kernel counts one packet of each connect, however often it is sent."""
    probes(ORDERS, DROPCOPY)
    street.run(120)
    street.loses_answers = True
    assert street.run(HALF_HOUR) == [], "nobody wants anything of it"
    street.knock(ORDERS)
    assert len(street.run(70)) == 1


def test_who_calls_nobody_ends_no_tunnel_through_which_a_port_answers(
    street: Street, probes: Callable[..., None]
) -> None:
    """Nobody trades; the probe of each minute was taken for a proof that the last repair had helped."""
    probes(ORDERS, DROPCOPY)
    street.alive = {DROPCOPY}
    for minute in range(60):
        street.knock(NOBODY)
        assert street.run(60) == [], minute
    assert street.world.states()["Harbour"] == "up", "and hosts behind the gateway are let through"


def test_what_was_known_before_the_tunnel_fell_says_nothing(street: Street, probes: Callable[..., None]) -> None:
    """Its ports did not answer because it was dead. It is back, and must not be ended for that."""
    probes(ORDERS)
    street.loses_answers = True
    street.run(30)
    street.is_down = True
    street.world.clock[0] += 1
    street.run(5)
    street.is_down, street.loses_answers = False, False
    street.born += 100
    before = street.ended
    street.run(300)
    assert street.ended == before


def test_a_kernel_that_does_not_tell_once_costs_no_session(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    street.session(ORDERS, beat=30)
    looks = count()
    monkeypatch.setattr(connections, "read", lambda: street.connections() if next(looks) % 7 else None)
    for _ in range(10):
        street.knock(NOBODY)
        assert street.run(60) == []


def test_where_the_kernel_does_not_tell_our_probe_is_no_traffic(
    street: Street, probes: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "read", lambda: None)
    probes(ORDERS, DROPCOPY)
    street.alive = {DROPCOPY}
    street.session(DROPCOPY, beat=30)
    assert street.run(HALF_HOUR) == []


def test_an_open_session_is_not_ended_because_no_port_answers(street: Street, probes: Callable[..., None]) -> None:
    """The child SA was away for 2 s, and the session has nothing to say yet: it was ended a minute later."""
    probes(ORDERS)
    street.alive = {DROPCOPY}
    line = street.session(DROPCOPY, beat=10)
    assert street.run(30) == []
    line.beat, street.is_down = 0, True
    street.run(2)
    street.is_down = False
    street.born += 100
    assert street.run(600) == []
    line.beat = 30
    street.loses_answers = True
    assert street.run(40)[0] <= 35, "what it says and nobody answers counts at once"


def test_a_session_may_be_at_rest_for_hours(street: Street) -> None:
    """A drop copy over night, without heartbeats: another host's silence ended it after an hour."""
    street.session(ORDERS, beat=30)
    street.session(DROPCOPY, beat=0)
    street.run(60)
    street.alive = {DROPCOPY}
    for minute in range(65):
        street.knock(NOBODY)
        assert street.run(60) == [], minute


@pytest.mark.parametrize("told_seconds", [100, 0])
def test_a_kernel_that_tells_no_more_costs_no_session(
    street: Street, monkeypatch: pytest.MonkeyPatch, told_seconds: int
) -> None:
    """The session was ended a minute later."""
    until = street.world.clock[0] + told_seconds
    monkeypatch.setattr(connections, "read", lambda: street.connections() if street.world.clock[0] < until else None)
    street.session(ORDERS, beat=30)
    for minute in range(10):
        street.knock(NOBODY)
        assert street.run(60) == [], minute


def test_where_the_kernel_does_not_tell_what_loses_all_answers_is_ended_later(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once no session with heartbeats of half a minute can be alive; then once in half an hour."""
    monkeypatch.setattr(connections, "read", lambda: None)
    street.session(ORDERS, beat=30)
    street.run(100)
    street.loses_answers = True
    ended = []
    for minute in range(25):
        street.knock(ORDERS)
        ended += [60 * minute + at for at in street.run(60)]
    assert len(ended) == 1
    assert 75 <= ended[0] < 90


def test_a_session_with_the_source_port_of_a_probe_is_seen(street: Street, probes: Callable[..., None]) -> None:
    """To another place. It was taken for the probe, and ended for a host that does not answer."""
    probes(ORDERS)
    street.alive = {DROPCOPY}
    street.run(5)
    line = street.session(DROPCOPY, beat=30)
    (probe,) = street.world.watch._keepers["Harbour"].probes.own
    line.source, line.port = OWN, probe[1]
    for _ in range(3):
        street.knock(NOBODY)
        assert street.run(60) == []


def test_a_connection_is_read_from_the_kernels_words() -> None:
    """10.64.1.10:50001 to 10.220.4.10:7010, established, 9 packets and 8 back, as Linux packs it."""

    def attribute(kind: int, content: bytes) -> bytes:
        return (
            (4 + len(content)).to_bytes(2, "little")
            + kind.to_bytes(2, "little")
            + content
            + b"\0" * (-len(content) % 4)
        )

    nested = 0x8000
    ends = attribute(
        1 | nested, attribute(1, IPv4Address("10.64.1.10").packed) + attribute(2, IPv4Address(ORDERS).packed)
    )
    ports = attribute(1, b"\x06") + attribute(2, (50001).to_bytes(2, "big")) + attribute(3, (7010).to_bytes(2, "big"))
    entry = (
        attribute(1 | nested, ends + attribute(2 | nested, ports))
        + attribute(4 | nested, attribute(1 | nested, attribute(1, b"\x03")))
        + attribute(9 | nested, attribute(1, (9).to_bytes(8, "big")))
        + attribute(10 | nested, attribute(1, (8).to_bytes(8, "big")))
    )
    expected = connections.Connection(IPv4Address("10.64.1.10"), 50001, IPv4Address(ORDERS), 7010, True, 9, 8)
    assert connections.connection_in(entry) == expected
    assert (
        connections.connection_in(entry[: entry.index(attribute(9 | nested, attribute(1, (9).to_bytes(8, "big"))))])
        is None
    )
