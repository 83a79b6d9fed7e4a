"""A firm's own servers at the edge of the rehearsal: each answers at its address, by the egress that the model gives it alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from model.services import Services
from rehearsal.world.edge import ARCHIVE_ADDRESS, FRONT_ADDRESS, Rule, SecurityGroup
from rehearsal.world.edge.own_servers import MIRROR, PROXY
from rehearsal.world.network import CommandFailed
from tests.rehearsal.street import Street, put_up

SERVICES = Services(
    dns=(IPv4Address("10.250.0.2"),),
    ntp=(IPv4Address("10.250.0.4"),),
    proxy="http://10.250.0.8:3128",
    no_proxy=("10.250.0.9",),
    apt_mirror="http://10.250.0.9:8081/debian",
)
EGRESS = tuple(
    Rule(protocol=way.protocol, ports=(way.port, way.port), network=way.network) for way in SERVICES.ways_out
)
NAME = """
import socket, sys
name = bytes().join(bytes([len(one)]) + one for one in b"ssm.eu-west-2.amazonaws.com".split(b".")) + bytes(1)
asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asked.settimeout(2)
asked.connect((sys.argv[1], 53))
asked.send(bytes([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]) + name + bytes([0, 1, 0, 1]))
print(socket.inet_ntoa(asked.recv(512)[-4:]))
"""
TIME = """
import socket, struct, time
asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asked.settimeout(3)
asked.sendto(bytes([35]) + bytes(39) + b"stamp-01", ("10.250.0.4", 123))
said = asked.recv(99)
assert (said[0] & 7, said[1], said[24:32]) == (4, 1, b"stamp-01")
assert abs(struct.unpack("!I", said[40:44])[0] - 2208988800 - time.time()) < 5
"""


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with put_up(tmp_path_factory.mktemp("edge"), services=SERVICES) as made:
        made.edge.change_gateway(replace(made.port, security_group=SecurityGroup(egress=EGRESS)))
        yield made


def test_names_come_from_the_firms_server_and_not_from_awss(street: Street) -> None:
    assert str(FRONT_ADDRESS) in street.gateway.run(sys.executable, "-c", NAME, "10.250.0.2")
    with pytest.raises(CommandFailed):
        street.gateway.run(sys.executable, "-c", NAME, str(street.edge.subnet[2]))


def test_time_comes_from_the_firms_server(street: Street) -> None:
    street.gateway.run(sys.executable, "-c", TIME)


def test_nothing_goes_to_the_archive_but_by_the_proxy(street: Street) -> None:
    """As apt, Python and AWS's agent ask it: by CONNECT, from `https_proxy`."""
    url = "https://deb.debian.org/debian/dists/trixie/Release"
    ask = ("curl", "--silent", "--show-error", "--fail", "--insecure", "--max-time", "3", "--output", "/dev/null")
    with pytest.raises(CommandFailed):
        street.gateway.run(*ask, "--resolve", f"deb.debian.org:443:{ARCHIVE_ADDRESS}", url)
    street.gateway.run("env", f"https_proxy={SERVICES.proxy}", *ask, url)
    with pytest.raises(CommandFailed):
        street.gateway.run("env", f"https_proxy={SERVICES.proxy}", *ask, "https://elsewhere.example.com/")
    asked = [(one["host"], one["known"]) for one in street.edge.own[PROXY].requests()]
    assert asked == [("deb.debian.org", True), ("elsewhere.example.com", False)]


def test_the_mirror_is_asked_without_the_proxy(street: Street, tmp_path: Path) -> None:
    """By apt itself, with the environment that the user data gives it."""
    lists, sources = tmp_path / "lists", tmp_path / "mirrors"
    (lists / "partial").mkdir(parents=True)
    sources.write_text(f"{SERVICES.apt_mirror}\n")
    (tmp_path / "one.list").write_text(f"deb [trusted=yes] mirror+file://{sources} trixie main\n")
    options = {
        "Dir::Etc::SourceList": tmp_path / "one.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": lists,
        "APT::Sandbox::User": "root",
    }
    given = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    environment = (f"http_proxy={SERVICES.proxy}", f"no_proxy=169.254.169.254,localhost,{','.join(SERVICES.no_proxy)}")
    street.gateway.run("env", *environment, "apt-get", "update", "-o", "APT::Update::Error-Mode=any", *given)
    assert "/debian/dists/trixie/" in street.edge.own[MIRROR].log.read_text()
