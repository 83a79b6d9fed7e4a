"""A venue that begins a session itself: it reaches the acceptor that the file names, and nothing else of the client's."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from rehearsal.report import AttemptSeen
from tests.rehearsal.scene import Scene, scene, until
from tests.rehearsal.siege import besieged, got_through, only_the_rules_refuse
from userdata.contract import STATE_FILE


@pytest.fixture(scope="module")
def called() -> Iterator[Scene]:
    with scene("larkfield") as made:
        made.rehearsal.run()
        yield made


@pytest.fixture(scope="module")
def rows(called: Scene) -> list[AttemptSeen]:
    return besieged(called, name="larkfield")


def test_every_order_of_the_venues_is_accounted_for(called: Scene) -> None:
    (session,) = [fix for fix in called.report.fix if fix.endpoint == "northbridge/drop-copy"]
    assert session.source_seen == "10.210.8.20"
    assert (session.orders_sent, session.lost, session.duplicated) == (session.reports_received, 0, 0)
    assert called.report.verdict == "passed"


def test_the_gateway_saw_the_session_and_its_end(called: Scene) -> None:
    def state() -> str | None:
        told = json.loads(called.on_gateway(f"cat {STATE_FILE}"))["inbound"]["northbridge"]["drop-copy"]
        return str(told["state"])

    until(lambda: state() == "ended", what="the end of the session in the gateway's state", limit=30)


def test_nothing_else_gets_through(rows: list[AttemptSeen]) -> None:
    assert got_through(rows) == {}


def test_without_the_rules_it_would(rows: list[AttemptSeen]) -> None:
    ours = {
        "an inbound port, from an address that may not call",
        "all but the inbound port, from the address that may call",
    }
    assert ours <= set(only_the_rules_refuse(rows)), rows
