"""Each fault provoked between the real libreswan and a real venue: the diagnosis names it by the engine's own words. Root."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import pytest

from model.diagnosis import diagnose
from model.proposal import parse
from model.venue import Venue
from rehearsal.world.network import Namespace
from rehearsal.world.venue import ClientSide, Exchange, VenueGateway
from tests.rehearsal.pluto import words
from tests.rehearsal.standin import ELASTIC_IP, edge_and_client, two_gateways
from tests.rehearsal.test_venue import PEER, PSK, modern

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces: needs root")
RELEASES = ("debian-12", "debian-13")


@dataclass(frozen=True)
class Facing:
    """A venue that is right, and where its client lives."""

    venue: Venue
    other: Venue
    client: Namespace
    gateway: VenueGateway

    def forget(self) -> None:
        """Let the venue forget clients that were killed half-way.

        strongSwan asks for a cookie from the third on, and does not answer an address with five (strongswan.conf(5):
        cookie_threshold_ip, block_threshold).
        """
        self.gateway.kill()
        self.gateway.start()


@pytest.fixture(scope="module", params=["ikev1", "ikev2"])
def facing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facing]:
    venues = {"ikev1": two_gateways(), "ikev2": modern()}
    venue = venues.pop(request.param)
    run_id, own = secrets.token_hex(3), IPv4Network(f"{ELASTIC_IP}/32")
    side = ClientSide(address=ELASTIC_IP, networks=(own,), identity=str(ELASTIC_IP))
    with ExitStack() as stack:
        peer = f"ft{run_id}-A"
        client = stack.enter_context(edge_and_client(run_id=run_id, own=own, peers={peer: PEER}))
        exchange = stack.enter_context(Exchange(venue=venue, namespace=f"ft{run_id}-exchange"))
        gateway = stack.enter_context(
            VenueGateway(
                venue=venue,
                label="A",
                namespace=peer,
                exchange=exchange,
                client=side,
                psk=PSK.encode(),
                run_dir=tmp_path_factory.mktemp("venue"),
            )
        )
        yield Facing(venue, venues.popitem()[1], client, gateway)


def ike(venue: Venue, **change: Any) -> Venue:
    return venue.model_copy(update={"ike": venue.ike.model_copy(update=change)})


def esp(venue: Venue, **change: Any) -> Venue:
    return venue.model_copy(update={"esp": venue.esp.model_copy(update=change)})


def expecting(venue: Venue, identity: str) -> Venue:
    peer = venue.peers.A.model_copy(update={"id": identity})
    return venue.model_copy(update={"peers": venue.peers.model_copy(update={"A": peer})})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong on our side, and what it must be called, by IKE version."""

    name: str
    called: tuple[str, str]
    changed: Callable[[Facing], Venue] = lambda facing: facing.venue
    psk: str = PSK
    identity: str | None = None


# Over IKEv2 a refusal of the PSK and one of an identity are the same word on the wire (RFC 7296, AUTHENTICATION_FAILED).
FAULTS = (
    Fault(name="psk", called=("wrong-psk", "authentication-refused"), psk=PSK + "x"),
    Fault(
        name="cipher",
        called=("no-proposal-phase-1", "no-proposal-phase-1"),
        changed=lambda facing: ike(facing.venue, proposal=parse("aes128-sha2_256;modp3072")),
    ),
    Fault(name="version", called=("no-proposal-phase-1", "no-proposal-phase-1"), changed=lambda facing: facing.other),
    Fault(
        name="esp",
        called=("no-proposal-phase-2", "no-proposal-phase-2"),
        changed=lambda facing: esp(facing.venue, proposal=parse("aes128-sha2_256")),
    ),
    Fault(
        name="networks",
        called=("selectors-refused", "selectors-refused"),
        changed=lambda facing: facing.venue.model_copy(update={"remote_networks": (IPv4Network("192.0.3.0/24"),)}),
    ),
    # The venue narrows what we propose to what it has.
    Fault(
        name="networks-too-wide",
        called=("selectors-refused", "selectors-refused"),
        changed=lambda facing: facing.venue.model_copy(update={"remote_networks": (IPv4Network("192.0.2.0/23"),)}),
    ),
    Fault(
        name="our-identity",
        called=("authentication-refused", "authentication-refused"),
        identity="@gw.example.com",
    ),
    Fault(
        name="venues-identity",
        called=("id-mismatch", "authentication-refused"),
        changed=lambda facing: expecting(facing.venue, "@vpn.example.com"),
    ),
)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_called_by_its_name(facing: Facing, fault: Fault, release: str) -> None:
    facing.forget()
    venue = fault.changed(facing)
    said = words(facing.client, venue, release=release, psk=fault.psk, identity=fault.identity)
    found = diagnose(said)
    assert found is not None, "\n".join(said)
    assert found.cause.name == fault.called[facing.venue.ike.version - 1], "\n".join(said)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("venue", [two_gateways(), modern()], ids=["ikev1", "ikev2"])
def test_nobody_answers(venue: Venue, release: str) -> None:
    with edge_and_client(run_id=secrets.token_hex(3), own=IPv4Network(f"{ELASTIC_IP}/32"), peers={}) as client:
        said = words(client, venue, release=release, psk=PSK, seconds=5)
    found = diagnose(said)
    assert found is not None and found.cause.name == "no-answer", "\n".join(said)
