"""Two venues at one address: one strongSwan with a child for each. A client brings both up on one IKE SA. Root."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from model.load import load
from rehearsal.world.venue import ClientSide, Exchange, VenueGateway
from tests.rehearsal.standin import ELASTIC_IP, StandInClient, edge_and_client

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces: needs root")
FILES = Path(__file__).parent / "scenarios/two_systems"
PSK = "canary-psk-of-two-venues"
TERMS = {"version": "2", "ike": "aes256-sha256-modp2048", "esp": "aes256-sha256-modp2048"}


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[StandInClient, VenueGateway, VenueGateway]]:
    """A client that can reach them, production, and the test system behind its gateway."""
    (deployment,) = load(clients=FILES / "clients", venues=FILES / "venues", selected=["meridian-desk"]).deployments
    run_id, own = secrets.token_hex(3), IPv4Network(ELASTIC_IP)
    with ExitStack() as parts:
        space = f"ft{run_id}-A"
        peers = {space: str(deployment.connections[0].peer.address)}
        client = parts.enter_context(edge_and_client(run_id=run_id, own=own, peers=peers))
        made: list[VenueGateway] = []
        for number, connection in enumerate(deployment.connections):
            exchange = parts.enter_context(Exchange(venue=connection.venue, namespace=f"ft{run_id}-x{number}"))
            gateway = VenueGateway(
                venue=connection.venue,
                label="A",
                namespace=space,
                exchange=exchange,
                client=ClientSide(address=ELASTIC_IP, networks=(own,), identity=str(ELASTIC_IP)),
                psk=PSK.encode(),
                run_dir=tmp_path,
                behind=made[0] if made else None,
            )
            made.append(parts.enter_context(gateway))
        yield parts.enter_context(StandInClient(namespace=client, folder=tmp_path / "client")), made[0], made[1]


def test_both_come_up_on_one_ike_sa(sides: tuple[StandInClient, VenueGateway, VenueGateway]) -> None:
    """Setting up the second ended in "RTNETLINK answers: File exists"."""
    client, production, test = sides
    remote = [str(network) for one in (production, test) for network in one.terms.networks]
    client.knows("T", peer=str(production.terms.address), psk=PSK, remote=remote[0], **TERMS)
    client.also("T", "U", remote=remote[1], esp=TERMS["esp"])
    client.up("T")
    assert (production.is_up, test.is_up) == (True, False)
    client.up("U")
    assert test.is_up
    assert {sa.number for sa in production.sas()} == {sa.number for sa in test.sas()}
    assert len(production.sas()) == 1
    for gateway in (production, test):
        ((sa,), names) = gateway.sas(), [gateway.terms.connection]
        assert [child.name for child in sa.children] == names


def test_what_one_holds_to_be_agreed_is_its_own(sides: tuple[StandInClient, VenueGateway, VenueGateway]) -> None:
    client, production, test = sides
    client.knows("T", peer=str(production.terms.address), psk=PSK, remote=str(production.terms.networks[0]), **TERMS)
    client.up("T")
    test.change(networks=[IPv4Network("192.0.2.248/29")])
    assert production.is_up
    test.kill()
    assert not production.is_up, "one daemon serves both"
    test.start()
    client.down("T")
    client.up("T")
    assert production.is_up
