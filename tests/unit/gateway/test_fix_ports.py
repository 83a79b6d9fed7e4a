"""FIX ports: a connect now and then from the right address, and what becomes of it."""

from __future__ import annotations

import socket
import time
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from fixtunnel.operations import Endpoint
from fixtunnel.probes import PERIOD_SECONDS, Probe, Probes

REAL_SLEEP = time.sleep


@pytest.fixture
def listening() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def decided(probe: Probe, now: float) -> bool | None:
    for _ in range(100):
        probe.look(now)
        if probe.up is not None:
            return probe.up
        REAL_SLEEP(0.02)
    return None


def test_a_port_that_answers(listening: socket.socket) -> None:
    probe = Probe("127.0.0.1")
    probe.begin(listening.getsockname(), 1000.0)
    assert decided(probe, 1000.02) is True
    assert probe.milliseconds == pytest.approx(20)
    peer, (source, _) = listening.accept()
    assert source == "127.0.0.1"
    assert peer.recv(1) == b""  # closed, and nothing said


def test_a_port_that_refuses() -> None:
    probe = Probe("127.0.0.1")
    probe.begin(("127.0.0.1", 1), 1000.0)
    assert decided(probe, 1000.0) is False


def test_an_address_that_is_not_ours() -> None:
    probe = Probe("203.0.113.7")
    probe.begin(("127.0.0.1", 1), 1000.0)
    assert probe.up is False


def test_at_most_one_connect_a_minute(listening: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[float] = []
    real = socket.socket.connect_ex
    monkeypatch.setattr("socket.socket", type("S", (socket.socket,), {}))
    probe = Probe("127.0.0.1")
    now = [0.0]
    monkeypatch.setattr(
        socket.socket, "connect_ex", lambda self, to: (made.append(now[0]), real(self, to))[1], raising=False
    )
    for second in range(1000, 1300):
        now[0] = float(second)
        if second % 7 == 0:
            probe.forget()
        probe.begin(listening.getsockname(), now[0])
        probe.look(now[0])
    assert all(after - before >= PERIOD_SECONDS for before, after in pairwise(made))
    assert len(made) == 5


def test_silence_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Probe("127.0.0.1")
    silent = SimpleNamespace(
        bind=lambda _a: None,
        getsockname=lambda: ("127.0.0.1", 40000),
        connect_ex=lambda _a: 115,
        getpeername=lambda: (_ for _ in ()).throw(OSError()),
        getsockopt=lambda *_a: 0,
        close=lambda: None,
    )
    monkeypatch.setattr("socket.socket", lambda *_a: silent)
    probe.begin(("192.0.2.20", 5001), 1000.0)
    probe.look(1004.0)
    assert probe.up is None
    probe.look(1005.0)
    assert probe.up is False


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, tuple[str, int]]]:
    """Each connect that is begun, with its time; every port answers at once."""
    made: list[tuple[float, tuple[str, int]]] = []

    def begin(self: Probe, place: tuple[str, int], now: float) -> None:
        if now - self.asked_at >= PERIOD_SECONDS:
            made.append((now, place))
            self._asked_at = now
            self._decide(place[1] != 5003, now)

    monkeypatch.setattr(Probe, "begin", begin)
    return made


THREE = tuple(Endpoint(name, "192.0.2.20", 5001 + n) for n, name in enumerate(("orders", "dropcopy", "prices")))


def test_every_endpoint_is_tried_once_a_minute_and_they_are_spread_over_it(
    begun: list[tuple[float, tuple[str, int]]],
) -> None:
    probes = Probes("127.0.0.1")
    for second in range(1000, 1600):
        probes.begin(THREE, float(second))
    assert all(after[0] - before[0] >= PERIOD_SECONDS / 3 for before, after in pairwise(begun))
    for endpoint in THREE:
        times = [at for at, place in begun if place == endpoint.place]
        assert len(times) == 10
        assert all(after - before >= PERIOD_SECONDS for before, after in pairwise(times))
    assert [(one.name, probe.up) for one, probe in probes.decided()] == [
        ("orders", True),
        ("dropcopy", True),
        ("prices", False),
    ]


def test_two_endpoints_at_one_port_share_its_connects(begun: list[tuple[float, tuple[str, int]]]) -> None:
    """Two sessions with one acceptor: it sees one connect a minute, and both are known by it."""
    alike = (Endpoint("orders", "192.0.2.20", 5001), Endpoint("dropcopy", "192.0.2.20", 5001))
    probes = Probes("127.0.0.1")
    for second in range(1000, 1120):
        probes.begin(alike, float(second))
    assert [at for at, _place in begun] == [1000, 1060]
    assert {one.name for one, _probe in probes.decided()} == {"orders", "dropcopy"}


def test_a_venue_that_names_others(begun: list[tuple[float, tuple[str, int]]]) -> None:
    probes = Probes("127.0.0.1")
    probes.begin(THREE[:2], 1000.0)
    assert probes.told() == {
        "orders": {"host": "192.0.2.20", "port": 5001, "up": True, "ms": 0.0, "at": int(time.time())},
        "dropcopy": {"host": "192.0.2.20", "port": 5002, "up": None, "ms": 0.0, "at": 0},
    }
    probes.begin((THREE[0], THREE[2]), 1030.0)
    assert [place for _at, place in begun] == [("192.0.2.20", 5001), ("192.0.2.20", 5003)]
    assert probes.told().keys() == {"orders", "prices"}


def test_of_a_tunnel_that_is_gone_nothing_is_known(begun: list[tuple[float, tuple[str, int]]]) -> None:
    probes = Probes("127.0.0.1")
    probes.begin(THREE, 1000.0)
    probes.forget()
    assert (list(probes.decided()), probes.told(), probes.waiting) == ([], {}, [])
    probes.begin(THREE[:1], 1030.0)
    assert len(begun) == 1  # not hurried
