"""The FIX port: a connect now and then from the right address, and what becomes of it."""

from __future__ import annotations

import socket
import time
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from fixtunnel.probe import PERIOD_SECONDS, Probe

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
