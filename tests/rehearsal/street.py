"""EC2's edge alone, with namespaces in the places of the machine, a venue's gateway and a trading host.

gateway (a namespace in the place of the machine) ── edge ── peer
                              trading host ───────────┘
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from model.services import Services
from rehearsal.world.edge import Edge, GatewayPort, Rule, SecurityGroup
from rehearsal.world.image import Archive
from rehearsal.world.network import Namespace

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


@contextmanager
def put_up(tmp_path: Path, *, services: Services | None = None) -> Iterator[Street]:
    """The edge, a gateway, a peer and a trading host; nothing of it is left afterwards."""
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
                services=services,
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
