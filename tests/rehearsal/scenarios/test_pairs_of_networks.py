"""Fifteen pairs of networks in one tunnel: one that the venue loses is repaired alone, and one that it refuses costs no order.

The client has a translated host, hosts that keep their address and hosts that are mapped; the child SAs are for one port; the
service behind the second network has a name of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from rehearsal.fix.trading import TradingSession, knock, knock_until_open, trading
from tests.rehearsal.scene import Scene, scene

KEPT, MAPPED = IPv4Address("10.65.1.11"), IPv4Address("10.65.1.20")
MARKET_DATA = "10.230.4.0/24"
REPAIRED_WITHIN = 20.0
"""Seconds, on an emulated processor: 3.5 of silence, TCP's next repetition of its connect, and the handshake."""


@pytest.fixture(scope="module")
def quayside() -> Iterator[Scene]:
    with scene("tidewater", standbys=False) as made, made.rehearsal.up():
        yield made


@pytest.fixture
def session(quayside: Scene) -> Iterator[TradingSession]:
    (one, *_) = quayside.stage.deployment.connections
    endpoint = one.fix_endpoints[0]
    with trading(quayside.stage, one, endpoint) as made:
        knock_until_open(quayside.stage, endpoint, limit=15)
        made.log_on()
        yield made


def numbers(scene: Scene) -> set[int]:
    """Of the venue's child SAs that are up."""
    return {child.number for sa in scene.venue.sas() if sa.is_up for child in sa.children if child.is_up}


@pytest.mark.parametrize(("host", "ours"), [(KEPT, "10.65.1.11/32"), (MAPPED, "10.92.3.8/32")])
def test_one_dead_pair_is_repaired_while_orders_flow_through_another(
    quayside: Scene, session: TradingSession, host: IPv4Address, ours: str
) -> None:
    (one, *_) = quayside.stage.deployment.connections
    service = one.venue.services[0]
    with quayside.stage.trading_from(host):
        # One port for all: the exchange's FIX engine takes connects at each of its addresses.
        knock(quayside.stage, service)
        before = numbers(quayside)
        quayside.venue.lose(MARKET_DATA, ours)
        began = time.monotonic()
        orders = threading.Thread(target=lambda: session.trader.orders(n=200, rate=10))
        orders.start()
        try:
            knock_until_open(quayside.stage, service, limit=90)
            took = time.monotonic() - began
        finally:
            orders.join()
    fix = session.trade_little("")
    print(f"{ours}: repaired after {took:.1f} s; {fix.orders_sent} orders, {fix.lost} lost, {fix.logons} logon")
    assert (fix.lost, fix.duplicated, fix.logons) == (0, 0, 1)
    after = numbers(quayside)
    assert len(before - after) == 1 and len(after - before) == 1, "that child SA alone is another one"
    assert took < REPAIRED_WITHIN
    assert "we replace that child SA alone" in quayside.on_gateway("journalctl -u fixtunnel-watch -o cat")


def test_refused_pairs_cost_no_order(quayside: Scene, session: TradingSession) -> None:
    """Nor a child SA of another pair."""
    venue = quayside.venue
    before = numbers(quayside) - {child.number for child in venue.between(MARKET_DATA)}
    venue.change(networks=[network for network in venue.terms.networks if str(network) != MARKET_DATA])
    venue.end_all_of(MARKET_DATA)
    session.trader.orders(n=700, rate=10)
    fix = session.trade_little("")
    assert (fix.lost, fix.duplicated, fix.logons) == (0, 0, 1)
    assert before <= numbers(quayside)
