"""Ports of every kind through the guard: ranges, UDP, and those that nothing on the gateway connects to. Root."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.world.network import CommandFailed, Namespace
from tests.guard import whole_guard
from tests.rehearsal.guarded import (
    AIM,
    HOSTS,
    NEEDS,
    OWN,
    TRADING_HOST,
    VENUE_HOST,
    Street,
    client,
    connects,
    listening,
    running,
    street,
)

pytestmark = NEEDS
VENUE = {
    "fix.0.probe": "false",
    "services": f"[{{name: files, host: {VENUE_HOST}, port: 2020-2021}}, "
    f"{{name: ticks, host: {VENUE_HOST}, port: udp/6000-6010}}]",
}
# Answers each datagram with who sent it.
ANSWER = """
import socket, sys
here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.bind((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
while True:
    said, who = here.recvfrom(100)
    here.sendto(who[0].encode(), who)
"""
ASK = """
import socket, sys
here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.settimeout(1)
here.connect((sys.argv[1], int(sys.argv[2])))
here.send(b"x"); print(here.recv(100).decode())
"""


@pytest.fixture
def every_kind(tmp_path: Path) -> Iterator[Street]:
    with street(whole_guard(client(tmp_path, HOSTS, VENUE), elastic_ip=OWN)) as made:
        yield made


def answered(space: Namespace, address: str, port: int) -> str:
    """As whom the other end sees a datagram of this one; empty where nothing comes back."""
    try:
        return space.run(sys.executable, "-c", ASK, address, str(port)).strip()
    except CommandFailed:
        return ""


@pytest.mark.parametrize(("port", "is_open"), [(5001, True), (2020, True), (2021, True), (2022, False), (6000, False)])
def test_tcp(every_kind: Street, port: int, is_open: bool) -> None:
    with listening(every_kind.venue, VENUE_HOST, port):
        assert connects(every_kind.host, VENUE_HOST, port) is is_open


@pytest.mark.parametrize(("port", "seen_as"), [(6000, OWN), (6010, OWN), (6011, ""), (2020, "")])
def test_udp(every_kind: Street, port: int, seen_as: str) -> None:
    with running(every_kind.venue, ANSWER, VENUE_HOST, str(port)):
        assert answered(every_kind.host, VENUE_HOST, port) == seen_as


def test_a_venue_begins_nothing_of_udp(every_kind: Street) -> None:
    with running(every_kind.host, ANSWER, TRADING_HOST, "6000"), running(every_kind.gateway, ANSWER, OWN, "6000"):
        assert answered(every_kind.venue, TRADING_HOST, 6000) == ""
        assert answered(every_kind.venue, OWN, 6000) == ""
    assert every_kind.dropped("unasked") >= 2


def test_nothing_else_gets_through(every_kind: Street) -> None:
    assert every_kind.attacked(AIM) == {}
