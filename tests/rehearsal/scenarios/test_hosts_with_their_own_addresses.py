"""Hosts that the venue knows by their own addresses, on Debian 12 with IKEv1: it can address each, and reaches none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.report import AttemptSeen
from tests.rehearsal.scene import Scene, scene
from tests.rehearsal.siege import besieged, got_through, only_the_rules_refuse

CLIENTS = Path(__file__).parent / "clients"


@pytest.fixture(scope="module")
def hosts() -> Iterator[Scene]:
    with scene("harbour-hosts", clients=CLIENTS) as made:
        made.rehearsal.run()
        yield made


@pytest.fixture(scope="module")
def rows(hosts: Scene) -> list[AttemptSeen]:
    return besieged(hosts, name="harbour-hosts")


def test_the_exchange_saw_the_hosts_own_address(hosts: Scene) -> None:
    assert {fix.source_seen for fix in hosts.report.fix} == {str(hosts.stage.trading_host_address)}
    assert hosts.report.verdict == "passed"


def test_the_venue_gets_nothing_through(rows: list[AttemptSeen]) -> None:
    assert got_through(rows) == {}


def test_without_the_rules_it_would_reach_the_hosts(rows: list[AttemptSeen]) -> None:
    assert "hosts behind the gateway" in only_the_rules_refuse(rows), rows
