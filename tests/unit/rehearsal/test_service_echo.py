"""What is sent to a service of a venue comes back: both ends as the processes that a rehearsal starts."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest

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


def test_an_echo_and_none(stage: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    service: Any = SimpleNamespace(host="127.0.0.1", port=port)
    connection: Any = SimpleNamespace(venue=SimpleNamespace(name="market"))
    with answering(stage, connection, service):
        assert len(round_trips(stage, service)) == 100
    with pytest.raises(NoEcho, match="refused"):
        round_trips(stage, service)
