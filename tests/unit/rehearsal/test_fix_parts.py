"""The FIX rehearsal's pure parts: figures, settings, the kernel's table of connections, the channel."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.fix.control import Control
from rehearsal.fix.latency import Figures, figures
from rehearsal.fix.session import Session
from rehearsal.fix.sockets import parse

MICROSECOND = 1000


def without_bars(trips: list[int]) -> Figures | None:
    found = figures(trips)
    return replace(found, histogram=()) if found else None


def test_figures_drop_the_warm_up_and_rank_the_rest() -> None:
    trips = [900 * MICROSECOND] * 10 + [number * MICROSECOND for number in range(1, 91)]
    assert without_bars(trips) == Figures(p50=45, p99=90, max=90, n=90)


def test_figures_of_one_trip_are_that_trip_and_of_none_nothing() -> None:
    assert without_bars([7 * MICROSECOND]) == Figures(p50=7, p99=7, max=7, n=1)
    assert figures([]) is None


@given(st.lists(st.integers(min_value=0, max_value=10**10), min_size=1))
def test_percentiles_are_ordered_and_were_measured(trips: list[int]) -> None:
    found = figures(trips)
    assert found is not None
    assert found.p50 <= found.p99 <= found.max
    assert {found.p50, found.p99, found.max} <= {trip // MICROSECOND for trip in trips}


def _session(role: str, **changes: object) -> list[str]:
    values = {
        "role": role,
        "begin_string": "FIX.4.4",
        "sender": "ACME",
        "target": "LSE",
        "host": "192.0.2.20",
        "port": 5001,
        "folder": "/tmp/x",
    }
    return Session(**(values | changes)).settings().splitlines()  # type: ignore[arg-type]


def test_an_initiator_connects_and_beats_every_thirty_seconds() -> None:
    lines = _session("initiator")
    assert {"SocketConnectHost=192.0.2.20", "SocketConnectPort=5001", "HeartBtInt=30", "ReconnectInterval=1"} <= {
        *lines
    }
    assert "ResetOnLogon=N" in lines


def test_an_acceptor_listens() -> None:
    lines = _session("acceptor")
    assert "SocketAcceptPort=5001" in lines
    assert not any(line.startswith("SocketConnect") for line in lines)


def test_only_fixt_names_an_application_version() -> None:
    assert "DefaultApplVerID=9" in _session("initiator", begin_string="FIXT.1.1")
    assert not any("ApplVerID" in line for line in _session("initiator"))


TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1389 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100 1 0 100 0 0 10 0
   1: 140200C0:1389 077100CB:C350 01 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 20 4 30 10 -1
"""


def test_established_connections_are_read_from_the_kernels_table() -> None:
    (connection,) = parse(TABLE.splitlines())
    assert connection.local == ("192.0.2.20", 5001)
    assert connection.remote == ("203.0.113.7", 50000)
    assert connection.inode == 4242


def _obeyed(commands: str) -> list[dict[str, object]]:
    events = io.StringIO()
    control = Control(commands=io.StringIO(commands), events=events)
    control.obey({"double": lambda *, x: {"y": 2 * x}, "fail": lambda: 1 / 0})  # type: ignore[dict-item, return-value]
    return [json.loads(line) for line in events.getvalue().splitlines()]


def test_a_command_is_answered_by_its_number() -> None:
    assert _obeyed('{"do":"double","id":7,"x":4}\n') == [{"event": "done", "id": 7, "y": 8}]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ('{"do":"fail","id":1}', "ZeroDivisionError"),
        ('{"do":"nothing","id":1}', "KeyError"),
        ('{"do":"double","id":1}', "TypeError"),
    ],
)
def test_a_command_that_fails_is_answered_too_and_the_next_one_obeyed(command: str, why: str) -> None:
    failed, done = _obeyed(command + '\n\n{"do":"double","id":2,"x":1}\n')
    assert failed["event"] == "error"
    assert str(failed["why"]).startswith(why)
    assert done["id"] == 2


def test_stop_ends_it() -> None:
    assert _obeyed('{"do":"stop","id":1}\n{"do":"double","id":2,"x":1}\n') == [{"event": "done", "id": 1}]
