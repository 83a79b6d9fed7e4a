"""The exchange's services of every kind, without a tunnel: an echo through each, and what came to the unprobed. Root."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from model.venue import Service, Venue
from rehearsal.fix.service import answering, round_trips
from rehearsal.world.network import Namespace
from rehearsal.world.venue import Exchange
from tests.literal import example

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces: needs root")
SERVICES = (
    {"name": "data", "host": "10.230.4.30", "port": 9100},
    {"name": "files", "host": "10.230.4.31", "port": "2020-2021"},
    {"name": "ticks", "host": "10.230.9.21", "port": "udp/5000-5010"},
    {"name": "settlement", "host": "10.230.4.32", "port": 9100, "probe": False},
)


@pytest.fixture
def venue() -> Venue:
    services = tuple(Service.model_validate(one) for one in SERVICES)
    return example("tidewater").connections[0].venue.model_copy(update={"services": services})


@pytest.fixture
def stage(venue: Venue) -> Iterator[Any]:
    """A trading host beside the exchange, on the way that a venue's gateway has otherwise."""
    run = secrets.token_hex(3)
    with Namespace(f"ft{run}-h") as host, Exchange(venue=venue, namespace=f"ft{run}-x") as exchange:
        exchange.attach(host)
        yield SimpleNamespace(
            venues={venue.name: SimpleNamespace(exchange=exchange)},
            deployment=SimpleNamespace(client=SimpleNamespace(trading_hosts=("10.65.1.0/24",))),
            trading_host=host,
        )


@pytest.mark.parametrize("name", [one["name"] for one in SERVICES])
def test_an_echo_and_what_it_counts(stage: Any, venue: Venue, name: str) -> None:
    service = next(one for one in venue.services if one.name == name)
    exchange = stage.venues[venue.name].exchange
    unprobed = [one for one in venue.endpoints if one.why_unprobed]
    assert [exchange.packets_to(one) for one in unprobed] == [0, 0, 0]
    connection: Any = SimpleNamespace(venue=venue)
    with answering(stage, connection, service):
        assert len(round_trips(stage, service, limit=5)) == 100
    came = {one.name for one in unprobed if exchange.packets_to(one)}
    assert came == ({name} if service.why_unprobed else set())
