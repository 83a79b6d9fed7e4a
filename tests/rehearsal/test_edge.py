"""EC2's edge alone: what passes, what does not, and as whom. Root.

gateway (a namespace in the place of the machine) ── edge ── peer
                              trading host ───────────┘
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from rehearsal.edge import ARCHIVE_ADDRESS, FRONT_ADDRESS, Edge, GatewayPort, Rule, SecurityGroup
from rehearsal.image import Archive
from rehearsal.network import CommandFailed, Namespace

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces: needs root")

ELASTIC_IP = IPv4Address("203.0.113.7")
GATEWAY = IPv4Address("10.64.0.10")
SECOND = IPv4Address("10.64.0.11")
HOST = IPv4Address("10.64.0.20")
PEER = IPv4Address("198.51.100.10")
REMOTE = IPv4Network("192.0.2.0/24")
FROM_PEER = IPv4Network(PEER)
GROUP = SecurityGroup(
    ingress=(
        Rule(protocol="udp", ports=(500, 500), network=FROM_PEER),
        Rule(protocol="udp", ports=(4500, 4500), network=FROM_PEER),
        Rule(protocol="tcp", ports=(5001, 5001), network=IPv4Network(HOST)),
    ),
    egress=(Rule(protocol="udp"), Rule(protocol="tcp", ports=(443, 443)), Rule(protocol="-1", network=FROM_PEER)),
)

# Sends one packet: kind, source address and port, target address and port, size of the payload.
SEND = """
import socket, sys
kind, source, sport, target, port, size = sys.argv[1:]
if kind == "udp":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_IP, 10, 2)  # never in fragments
    s.setsockopt(socket.SOL_IP, 19, 1)  # from an address that is not ours, too
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((source, int(sport)))
else:
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, int(kind))
s.sendto(b"x" * int(size), (target, int(port)))
"""
# Says whom each datagram on a port came from, for as long as it lives.
HEAR = """
import json, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", int(sys.argv[1])))
print("ready", flush=True)
while True:
    data, source = s.recvfrom(65535)
    print(json.dumps([*source, len(data)]), flush=True)
"""


@dataclass(frozen=True, kw_only=True)
class Street:
    """The edge with everything at it."""

    edge: Edge
    port: GatewayPort
    gateway: Namespace
    peer: Namespace
    host: Namespace


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    archive = Archive(tmp_path / "archive")
    archive.pool.mkdir(parents=True)
    archive.certify()
    archive.index(suite="trixie")
    run_id = secrets.token_hex(3)
    with ExitStack() as parts:
        edge = parts.enter_context(
            Edge(
                run_id=run_id,
                subnet=IPv4Network("10.64.0.0/26"),
                remote_networks=[REMOTE],
                archive=archive,
                run_dir=tmp_path,
            )
        )
        gateway, peer, host = (parts.enter_context(Namespace(f"ft{run_id}-{name}")) for name in ("gw", "peer", "host"))
        port = edge.attach_gateway(private=GATEWAY, mac="02:00:00:00:00:01", security_group=GROUP, stand_in=gateway)
        edge.attach_peer(namespace=peer, address=PEER)
        edge.attach_host(namespace=host, address=HOST)
        edge.associate(public=ELASTIC_IP, private=GATEWAY)
        yield Street(edge=edge, port=port, gateway=gateway, peer=peer, host=host)
    assert not list(Path("/run/netns").glob(f"ft{run_id}-*"))


def send(  # one packet
    space: Namespace,
    target: IPv4Address | str,
    port: int,
    *,
    kind: str = "udp",
    source: str = "0.0.0.0",
    size: int = 10,
) -> None:
    space.run(sys.executable, "-c", SEND, kind, source, str(port), str(target), str(port), str(size))


class Ear:
    """Hears what arrives at a UDP port."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def next(self) -> tuple[str, int, int]:
        """The source's address and port, and the size of what arrived next."""
        assert self._process.stdout
        address, port, size = json.loads(self._process.stdout.readline())
        return address, port, size


@contextmanager
def ear(space: Namespace, port: int) -> Iterator[Ear]:
    command = [*space.prefix, sys.executable, "-c", HEAR, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        try:
            yield Ear(process)
        finally:
            process.kill()


def test_the_venue_sees_the_elastic_ip(street: Street) -> None:
    with ear(street.peer, 4500) as peer:
        send(street.gateway, PEER, 4500)
        assert peer.next() == (str(ELASTIC_IP), 4500, 10)
    assert street.edge.counters.udp4500 == 1


def test_a_venue_may_speak_first_where_the_security_group_allows_it(street: Street) -> None:
    with ear(street.gateway, 500) as gateway:
        send(street.peer, ELASTIC_IP, 500)
        assert gateway.next() == (str(PEER), 500, 10)
    send(street.peer, ELASTIC_IP, 501)
    assert street.edge.counters.not_allowed == 1


def test_nobody_else_may_speak_to_the_gateway(street: Street) -> None:
    street.peer.ip("address", "add", "198.51.100.11/32", "dev", "wan")
    send(street.peer, ELASTIC_IP, 500, source="198.51.100.11")
    assert street.edge.counters.not_allowed == 1


@pytest.mark.parametrize("protocol", ["50", "51"])
def test_raw_esp_and_ah_pass_neither_way(street: Street, protocol: str) -> None:
    send(street.gateway, PEER, 0, kind=protocol)
    send(street.peer, ELASTIC_IP, 0, kind=protocol)
    assert street.edge.counters.esp_dropped == 2


def test_plaintext_for_a_remote_network_is_counted(street: Street) -> None:
    send(street.gateway, REMOTE[20], 5001)
    assert street.edge.counters.leaked == 1


def test_what_is_too_large_vanishes_without_a_word(street: Street) -> None:
    with ear(street.peer, 4500) as peer:
        send(street.gateway, PEER, 4500, size=1473)  # 1501 with its headers; a word about it would fail the next one
        send(street.gateway, PEER, 4500, size=1472)
        assert peer.next()[2] == 1472
    assert street.edge.counters.too_large == 1


def test_the_source_check_holds_until_it_is_off(street: Street) -> None:
    with ear(street.peer, 4500) as peer:
        send(street.gateway, PEER, 4500, source="10.64.0.33")
        assert street.edge.counters.spoofed == 1
        street.edge.change_gateway(replace(street.port, source_check=False))
        street.edge.associate(public=ELASTIC_IP, private=IPv4Address("10.64.0.33"))
        send(street.gateway, PEER, 4500, source="10.64.0.33")
        assert peer.next()[0] == str(ELASTIC_IP)


def test_a_black_hole_swallows_and_ends(street: Street) -> None:
    with ear(street.peer, 4500) as peer:
        with street.edge.black_hole():
            send(street.gateway, PEER, 4500, size=1)
        send(street.gateway, PEER, 4500, size=2)
        assert peer.next()[2] == 2
    assert street.edge.counters.lost == 1


def test_a_nat_that_forgot_gives_another_port_and_lets_nobody_in(street: Street) -> None:
    with ear(street.peer, 4500) as peer, ear(street.gateway, 4500) as gateway:
        street.edge.forget_mappings()
        send(street.peer, ELASTIC_IP, 4500, size=1)
        send(street.gateway, PEER, 4500)
        address, port, _ = peer.next()
        assert address == str(ELASTIC_IP)
        assert port >= 20000
        street.edge.keep_ports()
        send(street.peer, ELASTIC_IP, 4500, size=2)
        assert gateway.next()[2] == 2


def test_the_address_moves_to_a_replacement(street: Street) -> None:
    with Namespace(f"{street.gateway.name}2") as second, ear(second, 500) as replacement:
        street.edge.attach_gateway(private=SECOND, mac="02:00:00:00:00:02", security_group=GROUP, stand_in=second)
        street.edge.associate(public=ELASTIC_IP, private=SECOND)
        send(street.peer, ELASTIC_IP, 500)
        assert replacement.next()[0] == str(PEER)
        before = street.edge.counters.udp500
        send(street.gateway, PEER, 500)
        assert street.edge.counters.udp500 == before, "the old one has no way out"


def test_a_trading_host_reaches_the_venue_through_the_gateway_where_the_group_allows_it(street: Street) -> None:
    street.edge.change_gateway(replace(street.port, source_check=False))
    street.edge.route(network=REMOTE, to=street.port)
    street.gateway.ip("address", "add", f"{REMOTE[20]}/32", "dev", "lo")
    serve = "import socket; s = socket.create_server(('0.0.0.0', {})); print(s.accept()[1][0])"
    connect = "import socket; socket.create_connection(('{}', {}), 2)"
    server = [*street.gateway.prefix, sys.executable, "-c", serve.format(5001)]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as process:
        street.gateway.run("sh", "-c", "until ss -ltn | grep -q :5001; do sleep 0.05; done", limit=10)
        street.host.run(sys.executable, "-c", connect.format(REMOTE[20], 5001))
        assert process.communicate(timeout=10)[0].strip() == str(HOST)
    with pytest.raises(CommandFailed, match="timed out"):
        street.host.run(sys.executable, "-c", connect.format(REMOTE[20], 5002))
    assert street.edge.counters.leaked == 0


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("secretsmanager.eu-west-2.amazonaws.com", str(FRONT_ADDRESS)),
        ("bucket.s3.eu-west-2.amazonaws.com", str(FRONT_ADDRESS)),
        ("deb.debian.org", str(ARCHIVE_ADDRESS)),
        ("example.com", "no such name"),
    ],
)
def test_names_lead_to_the_front_and_the_archive_and_nowhere_else(street: Street, name: str, address: str) -> None:
    assert lookup(street.gateway, name) == address


def test_the_archive_can_be_away_for_a_while(street: Street) -> None:
    fetch = f"""
import http.client, ssl
c = http.client.HTTPSConnection("{ARCHIVE_ADDRESS}", timeout=5, context=ssl._create_unverified_context())
c.request("GET", "/debian/dists/trixie/Release")
print(c.getresponse().status)
"""
    street.edge.archive.pause("archive")
    assert street.gateway.run(sys.executable, "-c", fetch).strip() == "503"
    street.edge.archive.resume("archive")
    assert street.gateway.run(sys.executable, "-c", fetch).strip() == "200"


def test_a_capture_holds_what_passed(street: Street, tmp_path: Path) -> None:
    path = tmp_path / "seen.pcap"
    with street.edge.capture(path, interface="peer0", expression="udp port 4500"), ear(street.peer, 4500) as peer:
        send(street.gateway, PEER, 4500, size=777)
        peer.next()
    assert b"x" * 777 in path.read_bytes()


def lookup(space: Namespace, name: str) -> str:
    """Ask the subnet's resolver for an address, by a query written by hand (RFC 1035, 4.1)."""
    query = f"""
import socket
question = b"".join(bytes([len(p)]) + p.encode() for p in "{name}".split("."))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.sendto(b"ab\\x01\\x00\\x00\\x01" + bytes(6) + question + b"\\x00\\x00\\x01\\x00\\x01", ("10.64.0.2", 53))
answer = s.recv(512)
print("no such name" if answer[3] & 15 == 3 else socket.inet_ntoa(answer[-4:]))
"""
    return space.run(sys.executable, "-c", query).strip()
