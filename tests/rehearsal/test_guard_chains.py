"""What the guard's chains let out and in beside an attack: IKE, plaintext, the size of segments, a guard that is loaded again."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from subprocess import CompletedProcess

import pytest

from fixtunnel import address, arrivals
from rehearsal.world.network import CommandFailed
from tests.rehearsal.guarded import (
    NEEDS,
    OWN,
    VENUE_HOST,
    Street,
    alone,
    connects,
    listening,
    with_hosts,
)

__all__ = ["alone", "with_hosts"]
pytestmark = NEEDS


SEGMENTS = """
import socket, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
while True:
    line, _ = server.accept()
    line.sendall(str(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)).encode()); line.close()
"""
ASK_SEGMENTS = f"""
import socket
with socket.create_connection(({VENUE_HOST!r}, 5001), timeout=5) as line:
    print(line.recv(9).decode(), line.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))
"""
_TIMESTAMPS = 12
"""What TCP's own option takes of each segment (RFC 7323); the option that proposes the size counts it in."""


@pytest.mark.parametrize("who", ["host", "gateway"])
def test_segments_of_both_sides_fit_into_the_tunnel(with_hosts: Street, who: str) -> None:
    """A venue whose path swallows "too big" would hang in the first long message."""
    (fits,) = re.findall(r"define mss = (\d+)", with_hosts.guard)
    with listening(with_hosts.venue, VENUE_HOST, 5001, program=SEGMENTS):
        said = getattr(with_hosts, who).run(sys.executable, "-c", ASK_SEGMENTS)
    assert [int(one) + _TIMESTAMPS for one in said.split()] == [int(fits)] * 2, "the venue's, and ours"


LEAVING = """
table inet leaving {
  counter seen { }
  chain out {
    type filter hook postrouting priority 300;
    oifname "world" meta l4proto udp counter name seen
  }
}
"""


def leaving(made: Street, target: str, port: int) -> int:
    """How many packets leave the gateway's own wire, of one datagram."""
    made.nft(f"table inet leaving\ndelete table inet leaving\n{LEAVING}")
    put = "import socket, sys; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', (sys.argv[1], int(sys.argv[2])))"
    # Where the guard drops it, its sender hears so.
    with suppress(CommandFailed):
        made.gateway.run(sys.executable, "-c", put, target, str(port))
    return int(made.nft("list counter inet leaving seen\n").split("packets ")[1].split()[0])


@pytest.mark.parametrize("port", [500, 4500])
def test_ike_leaves_once_this_gateway_holds_the_address_and_to_the_venue_only(alone: Street, port: int) -> None:
    """Two that speak as one gateway tear each other's tunnel down."""
    peer, stranger = "198.51.100.10", "198.51.100.99"
    assert leaving(alone, peer, port) == 0
    alone.nft(f"add element inet fixtunnel venue_gateways {{ 10.64.0.9 . {peer} }}\n")
    assert leaving(alone, peer, port) == 1
    assert leaving(alone, stranger, port) == 0
    alone.load()
    assert leaving(alone, peer, port) == 0, "loaded again, it is closed again"


def test_what_is_the_venues_leaves_through_the_tunnel_or_not_at_all(alone: Street) -> None:
    """A route that leads elsewhere: as before the engine is there, or where somebody else's takes its place."""
    assert leaving(alone, "198.18.0.20", 53) == 1, "everything else leaves"
    alone.gateway.ip("route", "replace", "192.0.2.0/24", "dev", "world")
    assert leaving(alone, VENUE_HOST, 5001) == 0


def test_what_came_by_no_tunnel_is_for_the_security_group(with_hosts: Street) -> None:
    """IKE itself, and whatever else AWS lets in."""
    with listening(with_hosts.gateway, "10.64.0.9", 8080):
        assert connects(with_hosts.host, "10.64.0.9", 8080)


def test_rules_that_somebody_flushes_let_nobody_through(with_hosts: Street) -> None:
    with_hosts.nft("flush chain inet fixtunnel through\n")
    with listening(with_hosts.venue, VENUE_HOST, 5001):
        assert not connects(with_hosts.host, VENUE_HOST, 5001)


def test_loaded_again_it_is_the_same(alone: Street) -> None:
    """It takes the place of what was there: nothing is added to that."""
    once = alone.nft("list table inet fixtunnel\n")
    alone.load()
    assert alone.nft("list table inet fixtunnel\n") == once


def test_a_load_can_be_told(alone: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch fills it again at its next look; what only fills it is none."""
    monkeypatch.setattr(
        address, "run", lambda *argv, check: CompletedProcess(argv, 0, stdout=alone.gateway.run(*argv), stderr="")
    )
    first = address.guard()
    alone.nft("add element inet fixtunnel venue_gateways { 10.64.0.9 . 198.51.100.10 }\n")
    assert first is not None
    assert address.guard() == first
    alone.load()
    assert address.guard() not in (None, first)
    alone.nft("delete table inet fixtunnel\n")
    assert address.guard() is None


SPEAK = """
import socket
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.bind(({venue!r}, 4500))
line.sendto(bytes(40), ({own!r}, {port}))
"""


def test_what_comes_from_a_venues_gateway_is_counted(alone: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """By that one of a pair sees that EC2's edge leads here, whether or not an SA is here to take it."""

    def run(*argv: str, **_: object) -> CompletedProcess[str]:
        return CompletedProcess(argv, 0, alone.gateway.run(*argv), "")

    monkeypatch.setattr(arrivals, "run", run)
    assert arrivals.count() == 0
    for port in (4500, 500, 4501):
        alone.venue.run(sys.executable, "-c", SPEAK.format(venue=VENUE_HOST, own=OWN, port=port))
    assert arrivals.count() == 2
