"""EC2's edge alone: what passes, what does not, and as whom. Root."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from rehearsal.world.edge import ARCHIVE_ADDRESS, FRONT_ADDRESS
from rehearsal.world.network import CommandFailed, Namespace
from tests.rehearsal.street import ELASTIC_IP, GATEWAY, GROUP, HOST, PEER, REMOTE, SECOND, Street, ear, put_up, send

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces: needs root")


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with put_up(tmp_path) as made:
        yield made


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


def test_one_way_alone_can_be_lost(street: Street) -> None:
    with ear(street.peer, 4500) as peer, ear(street.gateway, 4500) as gateway:
        with street.edge.lose(percent=100, ways=("in",)):
            send(street.gateway, PEER, 4500, size=1)
            assert peer.next()[2] == 1
            send(street.peer, ELASTIC_IP, 4500, size=1)
        send(street.peer, ELASTIC_IP, 4500, size=2)
        assert gateway.next()[2] == 2
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


def test_addresses_of_an_instance_that_is_gone_are_the_next_ones(street: Street) -> None:
    """EC2 gives them away again: so it was between two replacements that were rolled back."""
    secondary = [IPv4Address("10.64.0.34")]
    with Namespace(f"{street.gateway.name}2") as gone, Namespace(f"{street.gateway.name}3") as here:
        for one, mac in ((gone, "02:00:00:00:00:02"), (here, "02:00:00:00:00:03")):
            street.edge.attach_gateway(private=SECOND, mac=mac, security_group=GROUP, secondary=secondary, stand_in=one)
        with ear(here, 500) as replacement:
            street.edge.associate(public=ELASTIC_IP, private=SECOND)
            send(street.peer, ELASTIC_IP, 500)
            assert replacement.next()[0] == str(PEER)


def test_a_secondary_address_carries_the_elastic_ip_and_is_mute_without_it(street: Street) -> None:
    temporary, secondary = IPv4Address("203.0.113.99"), IPv4Address("10.64.0.34")
    with Namespace(f"{street.gateway.name}2") as second, ear(second, 500) as replacement, ear(street.peer, 500) as peer:
        street.edge.attach_gateway(
            private=SECOND,
            mac="02:00:00:00:00:02",
            security_group=GROUP,
            secondary=[secondary],
            stand_in=second,
        )
        second.ip("address", "add", f"{secondary}/32", "dev", "eth0")
        street.edge.follow({GATEWAY: ELASTIC_IP, SECOND: temporary})
        send(second, PEER, 500, source=str(secondary), size=1)
        street.edge.follow({GATEWAY: IPv4Address("203.0.113.98"), SECOND: temporary, secondary: ELASTIC_IP})
        send(second, PEER, 500, source=str(secondary), size=2)
        assert peer.next()[::2] == (str(ELASTIC_IP), 2), "what it sent before went nowhere"
        send(street.peer, ELASTIC_IP, 500, size=3)
        assert replacement.next()[2] == 3
        send(second, PEER, 500, source=str(SECOND), size=4)
        assert peer.next()[0] == str(temporary), "the primary keeps a way of its own"


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
