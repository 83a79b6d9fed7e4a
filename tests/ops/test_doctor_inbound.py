"""The doctor and the status tell of each connection that a venue may open, by what the gateway saw."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtunnel import words
from model.deployment import Connection
from ops.doctor import Broken, Finding
from ops.doctor.examination import Examination
from ops.doctor.inbound import inbound
from ops.gateway.state import SaidCall, SaidStatus, seen_in
from ops.gateway.status import _CALLS, _tunnel, called
from tests.literal import loaded
from tests.stacks.edits import CALLED, CLIENT, VENUE
from tests.unit.model.example import edited, write

NOW = 1_700_000_000
WHERE = "drop-copy (10.9.1.1:9001 to 10.1.0.20:9001)"


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    write(tmp_path, clients={"acme": edited(CLIENT, CALLED)}, venues={"exchange": VENUE})
    return loaded(tmp_path / "clients", tmp_path / "venues", "acme").connections[0]


def call(state: str | None, *, sessions: int = 0) -> SaidCall:
    return SaidCall(to="10.1.0.20:9001", sessions=sessions, state=state, at=NOW - 90)


def walked(connection: Connection, known: dict[str, SaidCall]) -> tuple[list[Finding], Broken | None]:
    seen = SimpleNamespace(clock=NOW, inbound={"exchange": known} if known else {})
    of = cast("Examination", SimpleNamespace(seen=seen, stack=SimpleNamespace(address="203.0.113.7")))
    found: list[Finding] = []
    try:
        found.extend(inbound(of, connection))
    except Broken as broken:
        return found, broken
    return found, None


@pytest.mark.parametrize(
    ("known", "said", "asked"),
    [
        ({"drop-copy": call("open", sessions=1)}, "1 session open", True),
        ({"drop-copy": call("ended")}, "no session open: the last one ended, 1 min 30 s ago", True),
        ({"drop-copy": call(None)}, "not called yet", True),
        ({"drop-copy": call("resting")}, "resting, 1 min 30 s ago", True),
        ({}, "not known", False),
    ],
)
def test_each_has_its_line(connection: Connection, known: dict[str, SaidCall], said: str, asked: bool) -> None:
    (found,), broken = walked(connection, known)
    assert (found.evidence, found.asked, broken) == (f"{WHERE}: {said}", asked, None)


@pytest.mark.parametrize(
    ("state", "what"), [("unanswered", "nothing answers there"), ("refused", "nothing listens there")]
)
def test_a_call_in_vain_is_ours_to_mend(connection: Connection, state: str, what: str) -> None:
    found, broken = walked(connection, {"drop-copy": call(state)})
    assert (found, broken and (broken.cause, broken.side)) == ([], (f"inbound-{state}", "us"))
    assert broken and broken.what == f"the venue called {WHERE}, and {what}"


def said_by_gateway(**differs: Any) -> SaidStatus:
    tunnel = {"state": "up", "since": NOW, "ike_up": True, "child_sa_since": NOW, "bytes_in": 1, "bytes_out": 1}
    tunnels = {name: tunnel | {"tried": [], "psk": "current"} for name in ("Exchange", "Exchange_B")}
    return SaidStatus.model_validate({"tunnels": tunnels, **differs})


def test_the_status_tells_it_of_the_tunnel_that_is_in_use(connection: Connection) -> None:
    told = {"exchange": {"drop-copy": {"to": "10.1.0.20:9001", "sessions": 2, "state": "open", "at": NOW}}}
    for up, inbound_ in (("Exchange", {"drop-copy": "2 sessions open"}), ("Exchange_B", {})):
        said = said_by_gateway(inbound=told, groups={"exchange": {"up": up, "why": ""}})
        assert _tunnel(connection, seen_in(said, NOW)).inbound == inbound_


def test_a_gateway_of_before_says_nothing(connection: Connection) -> None:
    assert _tunnel(connection, seen_in(said_by_gateway(), NOW)).inbound == {"drop-copy": "not known"}


def test_every_word_of_the_gateways_is_known() -> None:
    assert words.CALLS.keys() == {"open", *_CALLS}
    assert {called(call(word), NOW) for word in words.CALLS}.isdisjoint(words.CALLS)
