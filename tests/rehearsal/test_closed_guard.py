"""The guard's own rules under attack, on this machine's kernel, with a cable in the place of the tunnel.

    venue ──"tunnel"── gateway ──"hosts"── trading host
    192.0.2.20         203.0.113.7, 10.64.0.9      10.64.1.10

What comes by that cable counts as decrypted. The kernel's own check of a tunnel's selectors is not here, so the rules stand
alone. The real tunnels are in `scenarios/`.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from model.deployment import Deployment
from rehearsal.attack.attempts import Aim, Attempt, attempts
from rehearsal.attack.packets import ACK, Ends
from rehearsal.attack.sender import send
from rehearsal.attack.siege import Tally
from rehearsal.world.network import CommandFailed, Namespace, link
from tests.guard import whole_guard
from tests.literal import loaded
from tests.unit.model.example import CLIENT, VENUE, edited, write

pytestmark = [
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
def listening(space: Namespace, address: str, port: int, *, program: str = LISTEN) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*space.prefix, sys.executable, "-c", program, address, str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


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


def test_nothing_gets_through(with_hosts: Street) -> None:
    assert with_hosts.attacked(AIM) == {}
    assert with_hosts.dropped("unasked") > 300
    assert with_hosts.dropped("not_decrypted") > 10
    assert with_hosts.dropped("elsewhere") > 40


def test_nothing_gets_through_to_an_engine_on_the_gateway(alone: Street) -> None:
    assert alone.attacked(ALONE) == {}
    assert alone.dropped("unasked") > 300


def test_without_the_rules_all_of_it_would(with_hosts: Street) -> None:
    with_hosts.open()
    through = with_hosts.attacked(AIM)
    assert [attempt.name for attempt in attempts(AIM) if attempt.name not in through] == []


def test_engine_of_openswan_has_the_same_rules(tmp_path: Path) -> None:
    """One firewall for both: it asks the kernel what was decrypted, not the engine."""
    (tmp_path / "other").mkdir()
    one = whole_guard(client(tmp_path, HOSTS), elastic_ip=OWN)
    other = whole_guard(client(tmp_path / "other", HOSTS | {"gateway.engine": "openswan"}), elastic_ip=OWN)
    assert one == other


@pytest.mark.parametrize("port", [22, 8080, 5001])
def test_a_listener_is_not_reached(alone: Street, port: int) -> None:
    with listening(alone.gateway, "0.0.0.0", port):
        assert not connects(alone.venue, OWN, port)
        alone.open()
        assert connects(alone.venue, OWN, port), "the listener is there"


def test_hosts_with_their_own_addresses_are_not_reached_either(tmp_path: Path) -> None:
    """Untranslated: the venue knows each host by its own address."""
    kept = HOSTS | {"tunnels.0.local_network": "10.64.1.0/24", "tunnels.0.source_address": "10.64.1.5"}
    guard = whole_guard(client(tmp_path, kept, {"encryption_domain": "private"}), elastic_ip=OWN)
    with (
        street(guard) as made,
        listening(made.host, TRADING_HOST, 8080),
        listening(made.venue, VENUE_HOST, 5001) as fix,
    ):
        assert not connects(made.venue, TRADING_HOST, 8080)
        assert connects(made.host, VENUE_HOST, 5001)
        assert fix.stdout is not None
        assert fix.stdout.readline() == f"{TRADING_HOST}\n"
        made.open()
        assert connects(made.venue, TRADING_HOST, 8080)


def test_sessions_go_through(with_hosts: Street) -> None:
    with listening(with_hosts.venue, VENUE_HOST, 5001) as fix:
        for space in (with_hosts.gateway, with_hosts.host):
            assert connects(space, VENUE_HOST, 5001)
            assert fix.stdout is not None
            assert fix.stdout.readline() == f"{OWN}\n"


def test_a_host_is_told_that_it_asks_for_the_wrong_thing(with_hosts: Street) -> None:
    with listening(with_hosts.venue, VENUE_HOST, 80), pytest.raises(CommandFailed, match="No route to host"):
        with_hosts.host.run(sys.executable, "-c", CONNECT, VENUE_HOST, "80")


def test_a_host_may_ask_whether_the_venue_is_there(with_hosts: Street) -> None:
    tally = Tally(with_hosts.nft)
    tally.begin()
    send(with_hosts.host, [Ends(source=HOST, target=AIM.venue, mark=7).icmp(8)])
    time.sleep(0.2)
    assert tally.seen() == {7: 2}, "there and back"


def test_icmp_about_a_connection_of_ours_arrives(with_hosts: Street) -> None:
    """A datagram to a closed port: the venue says so, and the sender hears it."""
    ask = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1)\n"
        f"s.connect(({VENUE_HOST!r}, 9)); s.send(b'x')\n"
        "try: s.recv(1)\nexcept ConnectionRefusedError: print('refused')"
    )
    assert with_hosts.gateway.run(sys.executable, "-c", ask) == "refused\n"


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
    alone.nft(f"add element inet fixtunnel venue_gateways {{ {peer} }}\n")
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


SESSION = f"""
import socket, sys
with socket.create_connection(({VENUE_HOST!r}, 5001), timeout=5) as line:
    print("up", flush=True)
    for asked in sys.stdin:
        line.sendall(b"x"); print(line.recv(1), flush=True)
"""


def test_a_hosts_session_outlives_a_gateway_that_knows_nothing_of_it(with_hosts: Street) -> None:
    """As after a reboot, or on another gateway (faults 9 and 17): its next segment makes it known again."""
    with listening(with_hosts.venue, VENUE_HOST, 5001), session(with_hosts.host) as ask:
        assert ask() == "b'y'\n"
        with_hosts.gateway.run("conntrack", "-F")
        venues_own = attempts(AIM)[3].packets[:3]
        send(with_hosts.venue, venues_own)
        assert ask() == "b'y'\n"


@contextmanager
def session(space: Namespace) -> Iterator[Callable[[], str]]:
    """A session with the venue; each call says something and returns the answer."""
    process = subprocess.Popen(
        [*space.prefix, sys.executable, "-c", SESSION], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def ask() -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        return process.stdout.readline()

    try:
        assert process.stdout.readline() == "up\n"
        yield ask
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.mark.parametrize(("street_of", "resets"), [("alone", 1), ("with_hosts", 0)])
def test_a_session_of_before_a_reboot(street_of: str, resets: int, request: pytest.FixtureRequest) -> None:
    """An engine on the gateway has gone with it: the venue hears so. A trading host's may live: nobody resets it."""
    made: Street = request.getfixturevalue(street_of)
    made.venue.run("nft", "-f", "-", stdin=COUNT_RESETS)
    send(made.venue, [Ends(source=AIM.venue, target=AIM.own, mark=1).tcp(33333, ACK, source_port=5001)])
    time.sleep(0.2)
    assert f"packets {resets} " in made.venue.run("nft", "list", "counter", "inet", "seen", "resets")


COUNT_RESETS = """
table inet seen {
  counter resets { }
  chain in {
    type filter hook prerouting priority 0;
    tcp flags & rst == rst counter name resets
  }
}
"""
