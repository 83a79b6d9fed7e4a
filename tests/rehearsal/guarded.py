"""A gateway's guard on this machine's kernel, with a cable in the place of the tunnel.

    venue ──"tunnel"── gateway ──"hosts"── trading host
    192.0.2.20         203.0.113.7, 10.64.0.9      10.64.1.10

What comes by that cable counts as decrypted. The kernel's own check of a tunnel's selectors is not here, so the rules stand
alone. The real tunnels are in `scenarios/`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from model.deployment import Deployment
from rehearsal.attack.attempts import Aim, Attempt, attempts
from rehearsal.attack.sender import send
from rehearsal.attack.siege import Tally
from rehearsal.world.network import CommandFailed, Namespace, link
from tests.guard import whole_guard
from tests.literal import loaded
from tests.unit.model.example import CLIENT, VENUE, edited, write

NEEDS = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft"),
]
OWN, VENUE_HOST, TRADING_HOST = "203.0.113.7", "192.0.2.20", "10.64.1.10"
HOST = IPv4Address(TRADING_HOST)
AIM = Aim(
    own=IPv4Address(OWN),
    private=IPv4Address("10.64.0.9"),
    router=IPv4Address("10.64.0.1"),
    venue=IPv4Address(VENUE_HOST),
    host=HOST,
    fix_port=5001,
    other=IPv4Address("10.220.4.10"),
)
ALONE = Aim(**{**AIM.__dict__, "host": None})
EXISTING = (
    "{vpc_id: vpc-12345678, subnet_id: subnet-12345678, availability_zone: eu-west-2a, route_table_ids: [rtb-12345678]}"
)
HOSTS = {"network": EXISTING, "trading_hosts": "[10.64.1.0/24]"}
# A cable in the place of the tunnel.
DECRYPTED = (
    ("meta ipsec exists", 'iifname "tunnel"'),
    ("meta ipsec missing", 'iifname != "tunnel"'),
    ("rt ipsec missing", 'oifname != "tunnel"'),
)
# Says, for as long as it lives, who connects and what they say.
LISTEN = """
import socket, sys, threading
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
while True:
    line, who = server.accept()
    print(who[0], flush=True)
    threading.Thread(target=lambda line=line: [line.sendall(b"y") for _ in iter(lambda: line.recv(1), b"")]).start()
"""


@dataclass(frozen=True)
class Street:
    """The three, with the guard loaded at the gateway."""

    venue: Namespace
    gateway: Namespace
    host: Namespace
    guard: str

    def nft(self, script: str) -> str:
        """On the gateway."""
        return self.gateway.run("nft", "--numeric", "-f", "-", stdin=script)

    def load(self) -> None:
        """The guard as a boot loads it."""
        self.nft(self.guard)

    def open(self) -> None:
        """Take the rules away that this is about; the others stay."""
        for chain in ("prove", "enter", "through"):
            self.nft(f"flush chain inet fixtunnel {chain}\n")
        self.nft("add chain inet fixtunnel through { policy accept; }\n")

    def attacked(self, aim: Aim) -> dict[str, int]:
        """What got through, by the attempt's name."""
        tally = Tally(self.nft)
        tally.begin()
        made = attempts(aim)
        for attempt in made:
            send(self._from(attempt), attempt.packets)
        time.sleep(0.2)
        seen = tally.seen()
        return {attempt.name: seen[attempt.mark] for attempt in made if attempt.mark in seen}

    def _from(self, attempt: Attempt) -> Namespace:
        return self.venue if attempt.place == "tunnel" else self.host

    def dropped(self, counter: str) -> int:
        """Packets that a counter of the guard saw."""
        return int(self.nft(f"list counter inet fixtunnel {counter}\n").split("packets ")[1].split()[0])


@contextmanager
def street(guard: str) -> Iterator[Street]:
    for real, here in DECRYPTED:
        assert real in guard
        guard = guard.replace(real, here)
    run = secrets.token_hex(3)
    with ExitStack() as parts:
        venue, gateway, host = (parts.enter_context(Namespace(f"ft{run}-{name}")) for name in ("v", "g", "h"))
        made = Street(venue, gateway, host, guard)
        link(ends=(gateway, venue), names=("tunnel", "tunnel"))
        link(ends=(gateway, host), names=("hosts", "eth0"))
        link(ends=(gateway, gateway), names=("world", "void"))
        for space in (venue, gateway, host):
            space.set(net__ipv4__ip_forward=1, net__ipv4__conf__all__rp_filter=0)
            for interface in ("tunnel", "hosts", "eth0", "world"):
                if f" {interface}@" in f"{space.ip('-o', 'link')}".replace(": ", " "):
                    space.run("sysctl", "-qw", f"net.ipv4.conf.{interface}.rp_filter=0")
        gateway.ip("address", "add", f"{OWN}/32", "dev", "lo")
        gateway.ip("address", "add", "10.64.0.9/32", "dev", "world")
        venue.ip("address", "add", f"{VENUE_HOST}/32", "dev", "lo")
        host.ip("address", "add", f"{TRADING_HOST}/32", "dev", "eth0")
        gateway.ip("route", "add", "192.0.2.0/24", "dev", "tunnel", "src", OWN)
        gateway.ip("route", "add", f"{TRADING_HOST}/32", "dev", "hosts")
        gateway.ip("route", "add", "default", "dev", "world", "src", "10.64.0.9")
        venue.ip("route", "add", "default", "dev", "tunnel", "src", VENUE_HOST)
        host.ip("route", "add", "default", "dev", "eth0", "src", TRADING_HOST)
        _neighbours(made)
        made.load()
        yield made


def _neighbours(made: Street) -> None:
    """Everybody answers ARP for everybody, at once."""
    ends = ((made.venue, "tunnel"), (made.gateway, "tunnel"), (made.gateway, "hosts"), (made.host, "eth0"))
    for space, name in ends:
        space.run("sysctl", "-qw", f"net.ipv4.conf.{name}.proxy_arp=1", f"net.ipv4.neigh.{name}.proxy_delay=0")


def client(folder: Path, edits: dict[str, str], venue: dict[str, str] | None = None) -> Deployment:
    """A client of one venue."""
    write(folder, clients={"acme": edited(CLIENT, edits)}, venues={"exchange": edited(VENUE, venue or {})})
    return loaded(folder / "clients", folder / "venues", "acme")


@pytest.fixture
def with_hosts(tmp_path: Path) -> Iterator[Street]:
    with street(whole_guard(client(tmp_path, HOSTS), elastic_ip=OWN)) as made:
        yield made


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Street]:
    """The FIX engine runs on the gateway."""
    with street(whole_guard(client(tmp_path, {}), elastic_ip=OWN)) as made:
        yield made


@contextmanager
def running(space: Namespace, program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program in a namespace, from its first line, `ready`, to the end of the block."""
    command = [*space.prefix, sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@contextmanager
def listening(space: Namespace, address: str, port: int, *, program: str = LISTEN) -> Iterator[subprocess.Popen[str]]:
    with running(space, program, address, str(port)) as process:
        yield process


CONNECT = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=1) as line:
    line.sendall(b"x"); print(line.recv(1))
"""


def connects(space: Namespace, address: str, port: int) -> bool:
    """Whether a connection comes about, and is answered."""
    try:
        return "y" in space.run(sys.executable, "-c", CONNECT, address, str(port))
    except CommandFailed:
        return False
