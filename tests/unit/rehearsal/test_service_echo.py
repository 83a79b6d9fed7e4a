"""What is sent to a service of a venue comes back: both ends as the processes that a rehearsal starts."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from model.ports import Ports
from model.venue import Service
from rehearsal.fix.service import NoEcho, answering, round_trips


@pytest.fixture
def stage() -> Any:
    exchange = SimpleNamespace(prefix=())
    client = SimpleNamespace(trading_hosts=("10.0.0.0/8",))
    return SimpleNamespace(
        venues={"market": SimpleNamespace(exchange=exchange)},
        deployment=SimpleNamespace(client=client),
        trading_host=SimpleNamespace(prefix=()),
    )


@pytest.mark.parametrize(("protocol", "why"), [("tcp", "refused"), ("udp", "refused|timed out")])
def test_an_echo_and_none(stage: Any, protocol: Literal["tcp", "udp"], why: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    service = Service(name="feed", host=IPv4Address("127.0.0.1"), port=Ports(protocol, port, port + 3))
    connection: Any = SimpleNamespace(venue=SimpleNamespace(name="market"))
    with answering(stage, connection, service):
        assert len(round_trips(stage, service, limit=0)) == 100
    with pytest.raises(NoEcho, match=why):
        round_trips(stage, service, limit=0)
