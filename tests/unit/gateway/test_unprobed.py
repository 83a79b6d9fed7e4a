"""A venue none of whose ports may be probed: nothing connects to it, and its tunnel is judged by what its hosts send."""

from __future__ import annotations

import json

import pytest

from fixtunnel import connections
from tests.unit.gateway.street import NOBODY, ORDERS, Street
from tests.unit.gateway.test_watching import OPERATIONS
from tests.unit.gateway.watching import Watching, world

__all__ = ["world"]
HOUR = 3600


@pytest.fixture
def street(world: Watching, monkeypatch: pytest.MonkeyPatch) -> Street:
    def connect(*_kind: int) -> None:
        raise AssertionError("the watch connects")

    made = Street(world)
    world.with_psk.discard("Harbour_B")
    monkeypatch.setattr(connections, "read", made.connections)
    monkeypatch.setattr("fixtunnel.probes.socket.socket", connect)
    told = {**OPERATIONS, "fix": {}, "endpoints": {"harbour": []}, "unprobed": {"harbour": ["7010", "udp/5000-5010"]}}
    world.reporter.answers.append({"operations": json.dumps(told)})
    world.look()
    return made


def test_nothing_connects_and_a_quiet_tunnel_stays_up(street: Street) -> None:
    assert street.run(HOUR) == []
    told = street.world.state["tunnels"]["Harbour"]
    assert (told["state"], told["fix_ports"]) == ("up", {})


def test_a_session_that_is_not_answered_any_more_is_repaired(street: Street) -> None:
    street.session(ORDERS, beat=1)
    street.run(10)
    street.loses_answers = True
    assert street.run(10)[0] <= 5


def test_one_host_that_calls_nobody_is_a_finding(street: Street) -> None:
    street.session(ORDERS, beat=30)
    street.knock(NOBODY)
    assert street.run(60) == []


def test_a_feed_of_datagrams_alone_ends_nothing(street: Street) -> None:
    """The kernel's table of TCP does not show it: octets that go out and are not answered are no proof."""
    for _ in range(120):
        street.count_out += 500
        assert street.run(1) == []
