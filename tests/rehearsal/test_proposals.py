"""What a venue may ask of phase 1 and 2, between the real libreswan and a real venue: the venue selects it. Root."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from model.venue import Venue
from rehearsal.world.venue import ClientSide, Exchange, VenueGateway
from tests.rehearsal.pluto import words
from tests.rehearsal.standin import ELASTIC_IP, edge_and_client
from tests.rehearsal.test_diagnosis import RELEASES
from tests.rehearsal.test_venue import PEER, PSK, modern

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces: needs root")
OWN = IPv4Network(f"{ELASTIC_IP}/32")
Part = Mapping[str, Any]
# Phase 1 and 2, and what the venue's log says of each.
ASKED: tuple[tuple[Part, Part, str, str], ...] = (
    (
        {"proposal": "aes_gcm192-sha2_384;dh20"},
        {"proposal": "aes_gcm192"},
        "IKE:AES_GCM_16_192/PRF_HMAC_SHA2_384/ECP_384",
        "ESP:AES_GCM_16_192",
    ),
    (
        {"proposal": "aes_gcm_12_256-sha2_256;dh19"},
        {"proposal": "aes_gcm_8_128"},
        "IKE:AES_GCM_12_256/PRF_HMAC_SHA2_256/ECP_256",
        "ESP:AES_GCM_8_128",
    ),
    (
        {"proposal": "chacha20_poly1305-sha2_256;dh31"},
        {"proposal": "chacha20_poly1305"},
        "IKE:CHACHA20_POLY1305/PRF_HMAC_SHA2_256/CURVE_25519",
        "ESP:CHACHA20_POLY1305",
    ),
)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked[2])
def test_the_venue_selects_it(asked: tuple[Part, Part, str, str], release: str, tmp_path: Path) -> None:
    ike, esp, *selected = asked
    log = negotiated(asking(ike, esp), asking(ike, esp), release, tmp_path)
    assert [one for one in selected if f"selected proposal: {one}" not in log] == []


@pytest.mark.parametrize("release", RELEASES)
def test_of_several_proposals_the_venue_selects_the_one_that_it_has(release: str, tmp_path: Path) -> None:
    ours = asking(
        {"proposal": "aes_gcm256-sha2_384;dh20", "alternatives": ["aes128-sha2_256;modp2048"]},
        {"proposal": "aes_gcm256", "alternatives": ["aes256-sha2_256", "aes128-sha1"]},
    )
    theirs = asking({"proposal": "aes128-sha2_256;modp2048"}, {"proposal": "aes128-sha1"})
    log = negotiated(ours, theirs, release, tmp_path)
    assert "selected proposal: IKE:AES_CBC_128/HMAC_SHA2_256_128" in log
    assert "selected proposal: ESP:AES_CBC_128/HMAC_SHA1_96" in log


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("selector", ["tcp/5001", "udp/5000"])
def test_the_sa_is_for_one_port(selector: str, release: str, tmp_path: Path) -> None:
    port = asking({}, {"selector": selector})
    (network,), protocol = port.remote_networks, selector[:3]
    assert f"TS {network}[{selector}] === {OWN}[{protocol}]" in negotiated(port, port, release, tmp_path)


def asking(ike: Part, esp: Part) -> Venue:
    told = modern().model_dump(mode="json")
    return Venue.model_validate(told | {"ike": told["ike"] | dict(ike), "esp": told["esp"] | dict(esp)})


def negotiated(ours: Venue, theirs: Venue, release: str, folder: Path) -> str:
    """What a venue that wants `theirs` logs while a gateway configured for `ours` initiates."""
    run_id = secrets.token_hex(3)
    peer = f"ft{run_id}-A"
    side = ClientSide(address=ELASTIC_IP, networks=(OWN,), identity=str(ELASTIC_IP))
    with (
        edge_and_client(run_id=run_id, own=OWN, peers={peer: PEER}) as client,
        Exchange(venue=theirs, namespace=f"ft{run_id}-exchange") as exchange,
        VenueGateway(
            venue=theirs, label="A", namespace=peer, exchange=exchange, client=side, psk=PSK.encode(), run_dir=folder
        ) as gateway,
    ):
        words(client, ours, release=release, psk=PSK)
        return "\n".join(gateway.log)
