"""A FIX session through a tunnel: from logon to logout, over a reset, a failover, and an interrupt. Root, no machine.

client (private address, owns the EIP) ── edge (1:1 NAT, no ESP) ══ gateways A and B ── exchange
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from model.venue import Venue
from rehearsal.fix.channel import LocalProcess, python_here
from rehearsal.fix.engines import Acceptor, Initiator, reconciled
from rehearsal.world.network import Namespace
from rehearsal.world.venue import ECHO_PORT, ClientSide, Exchange, VenueGateway
from tests.rehearsal.standin import ELASTIC_IP, StandInClient, edge_and_client, two_gateways

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces: needs root")
PSK = "canary-psk-of-the-fix-test"
OWN = IPv4Network(f"{ELASTIC_IP}/32")
PEERS = {"A": "198.51.100.10", "B": "198.51.100.11"}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """All the parts, with tunnel A up and the trader logged on."""

    client: StandInClient
    a: VenueGateway
    b: VenueGateway
    exchange: Exchange
    venue: Venue
    acceptor: Acceptor
    trader: Initiator


@contextmanager
def stage(venue: Venue, folder: Path, *, run_id: str) -> Iterator[Stage]:
    """Everything up; nothing of it is left afterwards."""
    endpoint, side = venue.fix[0], ClientSide(address=ELASTIC_IP, networks=(OWN,), identity=str(ELASTIC_IP))
    with ExitStack() as stack:
        enter = stack.enter_context
        names = {label: f"ft{run_id}-{label}" for label in PEERS}
        space = enter(edge_and_client(run_id=run_id, own=OWN, peers={names[label]: PEERS[label] for label in PEERS}))
        exchange = enter(Exchange(venue=venue, namespace=f"ft{run_id}-exchange"))
        a, b = (
            enter(
                VenueGateway(
                    venue=venue,
                    label=label,
                    namespace=names[label],
                    exchange=exchange,
                    client=side,
                    psk=PSK.encode(),
                    run_dir=folder,
                )
            )
            for label in ("A", "B")
        )
        client = enter(StandInClient(namespace=space, folder=folder / "client"))
        for label, address in PEERS.items():
            client.knows(label, peer=address, psk=PSK)
        client.up("A")
        acceptor = enter(
            Acceptor(
                endpoint=endpoint,
                client_comp_id="ACME",
                prefix=exchange.prefix,
                folder=folder / "acceptor",
                echo_port=ECHO_PORT,
            )
        )
        command = python_here("rehearsal.fix.initiator", prefix=space.prefix)
        channel = LocalProcess(command=command, log=folder / "trader.log")
        trader = enter(Initiator(endpoint=endpoint, comp_id="ACME", channel=channel, folder=folder / "trader"))
        trader.start()
        trader.wait_for_logon(limit=20)
        yield Stage(client=client, a=a, b=b, exchange=exchange, venue=venue, acceptor=acceptor, trader=trader)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(two_gateways(), tmp_path_factory.mktemp("fix"), run_id=secrets.token_hex(3)) as everything:
        yield everything


def test_the_exchange_sees_the_elastic_ip(up: Stage) -> None:
    assert up.acceptor.wait_for_logon(limit=5) == (str(ELASTIC_IP),)


def test_every_order_is_reported_and_timed(up: Stage) -> None:
    run = up.trader.orders(n=100, rate=100)
    assert not run.unreported
    assert run.rtt_us is not None
    assert run.rtt_us.n == 90
    assert 0 < run.rtt_us.p50 <= run.rtt_us.p99 <= run.rtt_us.max


def test_test_requests_and_the_bare_echo_are_timed_too(up: Stage) -> None:
    host, port = up.exchange.echo_of(up.venue.fix[0])
    assert not up.trader.probe(n=20, rate=50).unreported
    figures = up.trader.echo(host=str(host), port=port, n=20, rate=50)
    assert figures is not None
    assert figures.n == 18


def test_the_echo_needs_no_port_but_the_endpoints(up: Stage) -> None:
    assert up.exchange.echo_of(up.venue.fix[0]) == (IPv4Address("192.0.2.253"), 5001)


def test_a_burst_passes_both_ways(up: Stage) -> None:
    before = up.a.sas()[0].children[0]
    assert not up.trader.burst(n=60, size=2000).unreported
    after = up.a.sas()[0].children[0]
    assert after.bytes_in - before.bytes_in > 60_000
    assert after.bytes_out - before.bytes_out > 60_000


def test_reports_missed_by_a_reset_come_by_gap_fill(up: Stage) -> None:
    up.acceptor.withhold()
    run = up.trader.orders(n=5, rate=0, limit=0.5)
    assert len(run.unreported) == 5
    up.trader.reset()
    up.trader.wait_for_logon(limit=20)
    assert up.trader.settle(limit=20) == ()
    assert reconciled(trader=up.trader, exchange=up.acceptor).recovered == 5


def test_an_order_queued_while_the_session_is_down_is_late_in_the_ledger(up: Stage) -> None:
    up.trader.flow(rate=50, when_down="queue")
    up.trader.reset()
    up.trader.wait_for_logon(limit=20)
    up.trader.stop_flow()
    assert up.trader.settle(limit=20) == ()
    assert reconciled(trader=up.trader, exchange=up.acceptor).late


def test_the_session_outlives_a_failover_to_the_other_gateway(up: Stage) -> None:
    logons = up.trader.account()["logons"]
    up.trader.flow(rate=20)
    up.a.kill()
    up.client.down("A")
    up.client.up("B")
    up.trader.mark()
    assert up.trader.recovered_seconds(limit=30) < 30
    up.trader.stop_flow()
    assert up.b.is_up
    assert up.trader.account()["logons"] == logons


def test_a_gateway_that_returns_takes_the_session_back(up: Stage) -> None:
    up.a.start()
    up.client.down("B")
    up.client.up("A")
    up.a.wait_until_up(limit=5)
    assert not up.trader.orders(n=10, rate=50).unreported


def test_every_order_is_accounted_for_and_the_session_ends_in_order(up: Stage) -> None:
    account = reconciled(trader=up.trader, exchange=up.acceptor)
    assert account.is_clean
    assert account.sent == account.executed == account.reported
    assert up.trader.logout()


def test_a_burst_shows_what_single_orders_hide_where_large_packets_vanish(tmp_path: Path) -> None:
    run_id = secrets.token_hex(3)
    with stage(two_gateways(), tmp_path, run_id=run_id) as up:
        _as_on_ec2_without_clamp(up, edge=Namespace(f"ft{run_id}-edge"))
        up.trader.reset()
        up.trader.wait_for_logon(limit=20)
        assert not up.trader.orders(n=10, rate=50).unreported
        assert up.trader.burst(limit=3).unreported


def _as_on_ec2_without_clamp(up: Stage, *, edge: Namespace) -> None:
    """Interfaces of 9001 inside, 1500 outside, and no word about what does not fit."""
    edge.ip("link", "set", "inside", "mtu", "9001")
    for interface in ("eth0", "ipsec0"):
        up.client.namespace.ip("link", "set", interface, "mtu", "9001")
    edge.run("nft", "add rule ip edge forward meta length > 1500 drop")


@pytest.mark.parametrize("seconds", [0.3, 1.0, 3.0])
def test_an_interrupt_leaves_nothing_behind(seconds: float, tmp_path: Path) -> None:
    run_id = secrets.token_hex(3)
    path = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    argv = [sys.executable, __file__, run_id, str(tmp_path)]
    run = subprocess.Popen(argv, stderr=subprocess.DEVNULL, env=path)
    time.sleep(seconds)  # any moment will do: this is what an operator's Ctrl-C is
    run.send_signal(signal.SIGINT)
    assert run.wait(60) != 0
    assert run_id not in subprocess.check_output(["ip", "netns"], text=True)
    assert str(tmp_path) not in subprocess.check_output(["ps", "-eo", "args"], text=True)
    assert not list(tmp_path.rglob("psk.conf"))


if __name__ == "__main__":
    with stage(two_gateways(), Path(sys.argv[2]), run_id=sys.argv[1]) as all_up:
        while True:
            all_up.trader.orders(n=10, rate=10)
