"""Whether what a venue calls is answered, seen in the kernel's table of connections."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from fixtunnel import connections
from fixtunnel.connections import Connection
from fixtunnel.contract_of_calls import InboundFacts
from fixtunnel.incoming import Incoming
from fixtunnel.operations import Inbound, Operations
from fixtunnel.settings import Settings
from ops.gateway.state import SaidStatus, seen_in
from tests.unit.gateway.watching import Watching, operate
from tests.unit.gateway.watching import world as watched

__all__ = ["watched"]
VENUE, HOST = IPv4Address("192.0.2.30"), IPv4Address("10.64.1.10")
DROP_COPY = Inbound("drop-copy", ("192.0.2.0/26",), "", 9001, str(HOST), 9002)


class World:
    """One gateway, one venue, one look a second."""

    def __init__(self, here: Settings, one: Inbound = DROP_COPY) -> None:
        self.incoming = Incoming(here)
        self.venue, self.own = here.tunnels[0].group, IPv4Address(here.tunnels[0].own)
        self.told = Operations(inbound={self.venue: (one,)})
        self.now = 1000.0

    def call(self, sent: int = 1, answered: int = 0, **differs: Any) -> Connection:
        is_open = sent > 1 and answered > 0
        made = Connection(VENUE, 41000, self.own, 9001, is_open=is_open, sent=sent, answered=answered)
        return replace(made, **differs)

    def look(self, *connections: Connection, seconds: int = 1) -> InboundFacts:
        for _ in range(seconds):
            self.incoming.look(self.told, connections, self.now)
            self.now += 1
        return self.facts

    @property
    def facts(self) -> InboundFacts:
        return self.incoming.told(self.told)[self.venue]["drop-copy"]

    def metric(self) -> bool | None:
        """Of this minute; None if it says nothing."""
        found = self.incoming.answered.get((self.venue, "drop-copy"))
        self.incoming.take()
        return found


@pytest.fixture
def world(seed: Settings) -> World:
    return World(seed)


def test_before_the_first_call_nothing_is_known(world: World) -> None:
    assert world.look() == {"to": "10.64.1.10:9002", "sessions": 0, "state": None, "at": 0}
    assert world.metric() is None


def test_an_open_session(world: World) -> None:
    assert world.look(world.call(3, 2))["state"] == "open"
    both = world.look(world.call(4, 3), world.call(3, 2, source_port=41001))
    assert (both["state"], both["sessions"], world.metric()) == ("open", 2, True)
    assert world.look(world.call(4, 3), seconds=100)["state"] == "open", "at rest it is open still"


def test_a_session_that_ended(world: World) -> None:
    world.look(world.call(3, 2))
    assert world.look(world.call(5, 4, is_open=False))["state"] == "ended"
    assert world.look()["state"] == "ended"
    world.metric()
    world.look(seconds=60)
    assert world.metric() is None, "a venue that does not call says nothing about the host"


def test_a_session_that_the_kernel_forgot_has_ended(world: World) -> None:
    world.look(world.call(3, 2))
    assert (world.look()["state"], world.facts["sessions"]) == ("ended", 0)


def test_a_host_that_does_not_answer(world: World) -> None:
    """The kernel counts the first segment of a call alone, however often it is repeated."""
    assert world.look(world.call(), seconds=3)["state"] is None
    assert world.look(world.call(), seconds=2)["state"] == "unanswered"
    assert world.metric() is False
    assert world.look(seconds=30)["state"] == "unanswered", "until the next call it stays known"


def test_a_port_at_which_nothing_listens(world: World) -> None:
    assert world.look(world.call(1, 1, is_open=False))["state"] == "refused"
    assert world.metric() is False
    assert world.look(world.call(3, 2))["state"] == "open"
    assert world.metric() is True


def test_a_host_that_dies_in_a_session(world: World) -> None:
    """What the venue sends again and again is not answered."""
    world.look(world.call(9, 9))
    for sent in (10, 11, 12, 13, 14, 15):
        world.look(world.call(sent, 9))
    assert (world.facts["state"], world.facts["sessions"]) == ("unanswered", 0)


def test_a_session_that_nobody_ended_hides_no_later_call_in_vain(world: World) -> None:
    """The kernel remembers one for days whose venue went without a word."""
    former = world.call(9, 9)
    world.look(former, seconds=5)
    refused = world.call(1, 1, is_open=False, source_port=41007)
    world.metric()
    assert (world.look(former, refused)["state"], world.metric()) == ("refused", False)
    assert world.look(world.call(10, 10), refused)["state"] == "open", "one that speaks is open"


def test_a_session_that_the_hosts_answer_made_known(world: World) -> None:
    """After a takeover the first segment may be the host's: then the connection is the other way round."""
    taken = Connection(HOST, 9002, VENUE, 41000, is_open=True, sent=4, answered=3, seen_as=world.own)
    assert (world.look(taken)["state"], world.facts["sessions"]) == ("open", 1)


@pytest.mark.parametrize(
    "other",
    [
        {"source": IPv4Address("192.0.2.77")},
        {"target_port": 9009},
        {"target": IPv4Address("10.64.1.11")},
        {"source": HOST, "source_port": 9003, "target": VENUE, "target_port": 5001},
    ],
)
def test_another_connection_is_none(world: World, other: dict[str, Any]) -> None:
    assert world.look(world.call(3, 2, **other))["state"] is None


def test_where_the_kernel_says_nothing_it_stays_as_it_was(world: World) -> None:
    world.look(world.call(3, 2))
    world.metric()
    world.incoming.look(world.told, None, world.now)
    assert (world.facts["state"], world.metric()) == ("open", None)


def test_an_engine_on_the_gateway_and_a_host_by_an_address_of_its_own(seed: Settings) -> None:
    here = World(seed, replace(DROP_COPY, host="", host_port=9001))
    assert here.look(here.call(3, 2))["to"] == ":9001"
    assert here.facts["state"] == "open"
    kept = World(seed, replace(DROP_COPY, called="10.9.2.1"))
    assert kept.look(kept.call(3, 2))["state"] is None
    assert kept.look(kept.call(3, 2, target=IPv4Address("10.9.2.1")))["state"] == "open"


def test_the_watch_tells_it_and_publishes_it(watched: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    own = IPv4Address("10.91.0.1")
    open_now = Connection(IPv4Address("10.220.4.10"), 41000, own, 9001, is_open=True, sent=3, answered=2)
    monkeypatch.setattr(connections, "read", lambda: [open_now])
    operate(watched, inbound={"harbour": [["quotes", ["10.220.4.0/24"], "", 9001, "10.64.1.10", 9002]]})
    for _ in range(3):
        watched.look(60)
    told: Any = watched.state["inbound"]
    assert (told["harbour"]["quotes"]["state"], told["harbour"]["quotes"]["sessions"]) == ("open", 1)
    assert (
        seen_in(SaidStatus.model_validate({"time": 1, **watched.state}), 1).inbound["harbour"]["quotes"].state == "open"
    )
    (metric,) = [one for one in watched.reporter.requests[-1]["metrics"] if one["MetricName"] == "InboundAnswered"]
    assert metric["Value"] == 1


def test_what_is_taken_out_of_the_file_is_not_told(world: World) -> None:
    world.look(world.call(3, 2))
    world.told = Operations()
    world.incoming.look(world.told, [], world.now)
    assert world.incoming.told(world.told) == {}
    assert world.incoming.answered == {}


def test_what_was_just_put_into_the_file_is_told_at_once(world: World) -> None:
    """The answer with the operations comes between a look and the state."""
    world.look(world.call(3, 2))
    more = Operations(inbound={world.venue: (DROP_COPY, replace(DROP_COPY, name="quotes", port=9003, host_port=9003))})
    assert world.incoming.told(more)[world.venue]["quotes"]["state"] is None
