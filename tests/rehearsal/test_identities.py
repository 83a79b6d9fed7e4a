"""Each kind of identity at each end, between the real libreswan and a real venue: they authenticate each other. Root."""

from __future__ import annotations

import os
import re
import secrets
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from model.venue import Venue
from rehearsal.world.venue import ClientSide, Exchange, VenueGateway
from tests.rehearsal.pluto import words
from tests.rehearsal.standin import ELASTIC_IP, edge_and_client, two_gateways
from tests.rehearsal.test_diagnosis import RELEASES, expecting
from tests.rehearsal.test_venue import PEER, PSK, modern

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces: needs root")
OWN = IPv4Network(f"{ELASTIC_IP}/32")
PAIRS = (
    ("@gw_1.exchange.example", "desk_1@acme.example"),
    ("ops@exchange.example", "@[Desk_7]"),
    ("@[Venue_7]", "@#0a1B2c"),
    ("C=GB, O=Example Exchange, CN=gw_1", "10.20.30.40"),
    # Behind a NAT: the private address that its own interface has.
    ("10.20.30.41", "C=GB, O=Acme Capital, CN=desk"),
    ("DC=com, DC=exchange, O=A&B, CN=gw", "C=GB, O=Smith & Sons, CN=desk"),
    ("C=GB, serialNumber=77, CN=gw", "@a.b"),
)


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair[0]} and {pair[1]}")
def ids(request: pytest.FixtureRequest) -> tuple[str, str]:
    pair: tuple[str, str] = request.param
    return pair


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("venue", [two_gateways(), modern()], ids=["ikev1", "ikev2"])
def test_they_authenticate_each_other(ids: tuple[str, str], venue: Venue, release: str, tmp_path: Path) -> None:
    theirs, ours = ids
    venue, run_id = expecting(venue, theirs), secrets.token_hex(3)
    peer = f"ft{run_id}-A"
    side = ClientSide(address=ELASTIC_IP, networks=(OWN,), identity=ours)
    with (
        edge_and_client(run_id=run_id, own=OWN, peers={peer: PEER}) as client,
        Exchange(venue=venue, namespace=f"ft{run_id}-exchange") as exchange,
        VenueGateway(
            venue=venue, label="A", namespace=peer, exchange=exchange, client=side, psk=PSK.encode(), run_dir=tmp_path
        ),
    ):
        said = "\n".join(words(client, venue, release=release, psk=PSK, identity=ours))
    assert re.search("(IKE|ISAKMP) SA established|authenticated peer|established IKE SA", said), said
