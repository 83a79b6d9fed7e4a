"""What a venue calls, through the guard's own rules: it reaches its host, before and after a takeover, and nothing else does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from fixtunnel import inbound
from rehearsal.attack.attempts import attempts
from rehearsal.attack.packets import ACK, FIN, PSH, RST, SYN, Ends
from rehearsal.attack.sender import send
from rehearsal.attack.siege import Tally
from rehearsal.world.network import Namespace
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
    running,
    street,
)

pytestmark = NEEDS
PORT, HOST_PORT, SEEN_AS = 9555, 9878, "203.0.113.8"
OTHER_CALLER = "192.0.2.77"
CALLED = replace(AIM, called=PORT, caller=IPv4Address(VENUE_HOST), venue=IPv4Address("192.0.2.90"))
"""One address may call; another one of the venue's attacks."""
KEPT = {"tunnels.0.local_network": "10.64.1.0/24", "tunnels.0.source_address": "10.64.1.5"}
MAPPED = {
    "tunnels.0.local_network": "203.0.113.7/32",
    "tunnels.0.mapped_hosts": f"[{{hosts: {TRADING_HOST}, seen_as: {SEEN_AS}}}]",
}


def called(to: str, *, port: int = PORT) -> dict[str, str]:
    return {"tunnels.0.inbound": f"[{{name: drop-copy, from: [{VENUE_HOST}/32], port: {port}, to: '{to}'}}]"}


@contextmanager
def made(folder: Path, edits: dict[str, str], domain: str = "elastic-ip") -> Iterator[Street]:
    guard = whole_guard(client(folder, edits, {"encryption_domain": domain}), elastic_ip=OWN)
    with street(guard) as one:
        # What a venue knows a host by: the tunnel's other end leads there.
        one.venue.ip("address", "add", f"{OTHER_CALLER}/32", "dev", "lo")
        yield one


@pytest.fixture
def translated(tmp_path: Path) -> Iterator[Street]:
    with made(tmp_path, HOSTS | called(f"{TRADING_HOST}:{HOST_PORT}")) as one:
        yield one


WAYS = {
    "host": (HOSTS | called(f"{TRADING_HOST}:{HOST_PORT}"), "elastic-ip", OWN, PORT, TRADING_HOST, HOST_PORT),
    "host, same port": (HOSTS | called(f"{TRADING_HOST}:{PORT}"), "elastic-ip", OWN, PORT, TRADING_HOST, PORT),
    "gateway": (called(f"gateway:{PORT}"), "elastic-ip", OWN, PORT, OWN, PORT),
    "gateway, other port": (called(f"gateway:{HOST_PORT}"), "elastic-ip", OWN, PORT, OWN, HOST_PORT),
    "kept": (HOSTS | KEPT | called(f"{TRADING_HOST}:{PORT}"), "private", TRADING_HOST, PORT, TRADING_HOST, PORT),
    "kept, other port": (
        HOSTS | KEPT | called(f"{TRADING_HOST}:{HOST_PORT}"),
        "private",
        TRADING_HOST,
        PORT,
        TRADING_HOST,
        HOST_PORT,
    ),
    "mapped": (HOSTS | MAPPED | called(f"{TRADING_HOST}:{PORT}"), "assigned", SEEN_AS, PORT, TRADING_HOST, PORT),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_call_arrives_and_outlives_a_gateway_that_knows_nothing_of_it(tmp_path: Path, way: str) -> None:
    """As after a takeover (27), a replacement (17) or a reboot (9): whoever speaks first, the session goes on."""
    edits, domain, address, port, host, host_port = WAYS[way]
    with made(tmp_path, edits, domain) as one:
        at = one.host if host == TRADING_HOST else one.gateway
        with speaking(at, host, host_port) as acceptor, calling(one.venue, address, port) as venue:
            assert acceptor() == VENUE_HOST, "the host sees who calls"
            for first, second in ((venue, acceptor), (acceptor, venue), (venue, acceptor)):
                if at is one.host:
                    one.gateway.run("conntrack", "-F")
                first("a")
                assert second() == "a"
                second("b")
                assert first() == "b"


def test_nothing_else_comes_in(translated: Street) -> None:
    """All that is tried without such a port, and what only such a port makes worth trying."""
    assert translated.attacked(CALLED) == {}
    assert translated.dropped("unasked") > 300


def test_nothing_else_comes_in_beside_an_engine_on_the_gateway(tmp_path: Path) -> None:
    with made(tmp_path, called(f"gateway:{PORT}")) as one:
        assert one.attacked(replace(CALLED, host=None)) == {}


def test_without_the_rules_it_would(translated: Street) -> None:
    translated.open()
    through = translated.attacked(CALLED)
    assert [attempt.name for attempt in attempts(CALLED) if attempt.name not in through] == []


FLAGS = (SYN, ACK, PSH | ACK, FIN | ACK, RST, SYN | ACK, RST | ACK)
CLOSED = {
    "another port": (VENUE_HOST, OWN, 9556),
    "the host's port at the gateway": (VENUE_HOST, OWN, HOST_PORT),
    "another caller": (OTHER_CALLER, OWN, PORT),
    "a stranger": ("198.18.0.20", OWN, PORT),
    "the gateway's private address": (VENUE_HOST, str(AIM.private), PORT),
    "another port of the host": (VENUE_HOST, TRADING_HOST, PORT),
}


@pytest.mark.parametrize("why", CLOSED)
def test_it_is_open_for_that_alone(translated: Street, why: str) -> None:
    source, target, port = CLOSED[why]
    ends = Ends(source=IPv4Address(source), target=IPv4Address(target), mark=9)
    assert came_through(translated, [ends.tcp(port, flags, source_port=41000 + flags) for flags in FLAGS]) == {}


def test_it_is_open_to_what_begins_a_session_or_goes_on_with_one(translated: Street) -> None:
    """Each segment on a connection of its own: an end of what nobody knows is nothing."""
    for flags, passes in (
        (SYN, True),
        (ACK, True),
        (PSH | ACK, True),
        (RST, False),
        (FIN | ACK, False),
        (SYN | ACK, False),
    ):
        ends = Ends(source=IPv4Address(VENUE_HOST), target=IPv4Address(OWN), mark=9)
        assert bool(came_through(translated, [ends.tcp(PORT, flags, source_port=42000 + flags)])) is passes, flags


def test_only_what_was_decrypted(translated: Street) -> None:
    """The same segments from the gateway's own subnet, with the venue's address."""
    ends = Ends(source=IPv4Address(VENUE_HOST), target=IPv4Address(OWN), mark=9)
    segments = [ends.tcp(PORT, flags, source_port=41000 + flags) for flags in FLAGS]
    assert came_through(translated, segments, place=translated.host) == {}
    assert translated.dropped("not_decrypted") == len(FLAGS)


def test_the_host_calls_no_venue_from_that_port(translated: Street) -> None:
    ends = Ends(source=IPv4Address(TRADING_HOST), target=IPv4Address(VENUE_HOST), mark=9)
    begun = [ends.tcp(7777, SYN, source_port=HOST_PORT)]
    assert came_through(translated, begun, place=translated.host) == {}


def test_answers_leave_through_the_tunnel_or_not_at_all(translated: Street) -> None:
    translated.gateway.ip("route", "replace", "192.0.2.0/24", "dev", "world")
    ends = Ends(source=IPv4Address(TRADING_HOST), target=IPv4Address(VENUE_HOST), mark=9)
    translated.nft(LEAVING)
    send(translated.host, [ends.tcp(50000, PSH | ACK, source_port=HOST_PORT)])
    time.sleep(0.2)
    assert "packets 0 " in translated.nft("list counter inet leaving seen\n")


def test_taken_out_of_the_file_it_is_closed(translated: Street) -> None:
    """For a session that is open too, from the next segment on."""
    with speaking(translated.host, TRADING_HOST, HOST_PORT) as host, calling(translated.venue, OWN, PORT) as venue:
        assert host() == VENUE_HOST
        for chain in inbound.CHAINS:
            translated.nft(f"flush chain inet fixtunnel {chain}\n")
        before = translated.dropped("unasked")
        venue("a")
        time.sleep(0.3)
        assert translated.dropped("unasked") > before
    assert not connects(translated.venue, OWN, PORT)


def test_icmp_about_it_arrives(translated: Street) -> None:
    """The venue's router tells the host that a segment was too big; about what was never sent it says nothing."""
    tally = Tally(translated.nft)
    about = Ends(source=IPv4Address(OWN), target=IPv4Address(VENUE_HOST), mark=9)
    told = replace(about, source=about.target, target=about.source)
    with speaking(translated.host, TRADING_HOST, HOST_PORT) as host, calling(translated.venue, OWN, PORT) as venue:
        assert host() == VENUE_HOST
        own_port = int(venue("port") or venue())
        tally.begin()
        for port, passes in ((own_port, True), (own_port + 1, False)):
            inner = about.tcp(port, ACK, source_port=PORT)
            send(translated.venue, [told.icmp(3, 4, bytes(2) + (1400).to_bytes(2, "big") + inner)])
            time.sleep(0.2)
            assert bool(tally.seen()) is passes
            tally.begin()


LEAVING = """
table inet leaving {
  counter seen { }
  chain out {
    type filter hook postrouting priority 300;
    oifname "world" meta l4proto tcp counter name seen
  }
}
"""
_TALK = """
import sys, threading
def hear(line):
    for said in iter(lambda: line.recv(64), b""): print(said.decode(), flush=True)
def talk(line):
    threading.Thread(target=hear, args=(line,), daemon=True).start()
    for said in sys.stdin:
        if said.strip() == "port": print(line.getsockname()[1], flush=True)
        else: line.sendall(said.strip().encode())
"""
_SPEAK = f"""{_TALK}
import socket
server = socket.create_server((sys.argv[1], int(sys.argv[2]))); print("ready", flush=True)
line, who = server.accept(); print(who[0], flush=True); talk(line)
"""
_CALL = f"""{_TALK}
import socket
line = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
line.settimeout(None); print("ready", flush=True); talk(line)
"""
Say = Callable[..., str]


@contextmanager
def speaking(space: Namespace, address: str, port: int) -> Iterator[Say]:
    """An acceptor of one session: said a text, it says it to the caller; asked nothing, it returns the next that it heard."""
    with _talking(space, _SPEAK, address, port) as say:
        yield say


@contextmanager
def calling(space: Namespace, address: str, port: int) -> Iterator[Say]:
    with _talking(space, _CALL, address, port) as say:
        yield say


@contextmanager
def _talking(space: Namespace, program: str, address: str, port: int) -> Iterator[Say]:
    with running(space, program, address, str(port)) as process:

        def say(text: str = "") -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            if text:
                process.stdin.write(f"{text}\n")
                process.stdin.flush()
                return ""
            return process.stdout.readline().strip()

        yield say


def came_through(one: Street, packets: list[bytes], *, place: Namespace | None = None) -> dict[int, int]:
    tally = Tally(one.nft)
    tally.begin()
    send(place or one.venue, packets)
    time.sleep(0.2)
    return tally.seen()
