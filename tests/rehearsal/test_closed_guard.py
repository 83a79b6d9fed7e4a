"""The guard's own rules under attack, and what goes through them all the same."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from rehearsal.attack.attempts import attempts
from rehearsal.attack.packets import ACK, Ends
from rehearsal.attack.sender import send
from rehearsal.attack.siege import Tally
from rehearsal.world.network import CommandFailed, Namespace
from tests.guard import whole_guard
from tests.rehearsal.guarded import (
    AIM,
    ALONE,
    CONNECT,
    HOST,
    HOSTS,
    NEEDS,
    OWN,
    TRADING_HOST,
    VENUE_HOST,
    Street,
    alone,
    client,
    connects,
    listening,
    running,
    street,
    with_hosts,
)

__all__ = ["alone", "with_hosts"]
pytestmark = NEEDS


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


def test_a_host_pings_no_venue(with_hosts: Street) -> None:
    """The security group of the gateway lets no ping in, so the guard lets none through."""
    tally = Tally(with_hosts.nft)
    tally.begin()
    send(with_hosts.host, [Ends(source=HOST, target=AIM.venue, mark=7).icmp(8)])
    time.sleep(0.2)
    assert tally.seen() == {}


def test_icmp_about_a_connection_of_ours_arrives(with_hosts: Street) -> None:
    """A datagram to a closed port: the venue says so, and the sender hears it."""
    ask = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1)\n"
        f"s.connect(({VENUE_HOST!r}, 9)); s.send(b'x')\n"
        "try: s.recv(1)\nexcept ConnectionRefusedError: print('refused')"
    )
    assert with_hosts.gateway.run(sys.executable, "-c", ask) == "refused\n"


LONELY = """
import select, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("10.64.0.9", 40000)); s.connect(("198.18.0.20", 53)); s.send(b"x")
print("ready", flush=True)
heard = select.select([s], [], [], 2)[0]
print(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if heard else "nothing", flush=True)
"""


def test_a_venue_says_nothing_about_connections_with_others(with_hosts: Street) -> None:
    """The gateway's with AWS: a local_network may hold its private address, and the venue could end or divert them."""
    private, world = IPv4Address("10.64.0.9"), IPv4Address("198.18.0.20")
    about = bytes(4) + Ends(source=private, target=world, mark=5).udp(53)
    ends = Ends(source=AIM.venue, target=private, mark=5)
    told = [ends.icmp(kind, code, about) for kind, code in ((3, 3), (3, 1), (3, 4), (5, 1))]
    tally = Tally(with_hosts.nft)
    with running(with_hosts.gateway, LONELY) as asking:
        tally.begin()
        before = with_hosts.dropped("unasked")
        send(with_hosts.venue, told)
        assert asking.stdout is not None
        assert asking.stdout.readline() == "nothing\n"
    assert tally.seen() == {}
    assert with_hosts.dropped("unasked") == before + len(told)


SESSION = f"""
import socket, sys
with socket.create_connection(({VENUE_HOST!r}, 5001), timeout=5) as line:
    print("ready", flush=True)
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
    with running(space, SESSION) as process:

        def ask() -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            return process.stdout.readline()

        yield ask


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
