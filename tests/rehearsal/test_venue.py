"""A venue's gateway against a client that is right, or wrong in one term: what it grants and what it says. Root."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from model.proposal import Proposal, parse
from model.venue import Venue
from rehearsal.world.venue import ClientSide, ComplaintKind, Exchange, VenueError, VenueGateway
from tests.rehearsal.standin import ELASTIC_IP, StandInClient, edge_and_client, two_gateways

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces: needs root")
PSK = "canary-psk-of-the-venue-test"
PEER = "198.51.100.10"
MODERN = {"version": "2", "ike": "aes256gcm16-prfsha256-ecp256", "esp": "aes256gcm16-ecp256"}


def modern() -> Venue:
    """The same venue with IKEv2 and AES-GCM."""
    venue = two_gateways()
    ike = venue.ike.model_copy(update={"version": 2, "proposal": parse("aes_gcm256-sha2_256;dh19")})
    return venue.model_copy(
        update={"ike": ike, "esp": venue.esp.model_copy(update={"proposal": parse("aes_gcm256;dh19")})}
    )


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A gateway and a client that can reach it."""

    gateway: VenueGateway
    client: StandInClient
    usual: dict[str, str]
    folder: Path

    def client_knows(self, **terms: str) -> None:
        """Give the client the venue's own terms, with some replaced."""
        self.client.knows("T", **({"peer": PEER, "psk": PSK} | self.usual | terms))


@contextmanager
def pair(venue: Venue, folder: Path, *, own: str = f"{ELASTIC_IP}/32") -> Iterator[Pair]:
    run_id, network = secrets.token_hex(3), IPv4Network(own)
    usual = {"network": own, **(MODERN if venue.ike.version == 2 else {})}
    side = ClientSide(address=ELASTIC_IP, networks=(network,), identity=str(ELASTIC_IP))
    with ExitStack() as stack:
        peer = f"ft{run_id}-A"
        space = stack.enter_context(edge_and_client(run_id=run_id, own=network, peers={peer: PEER}))
        exchange = stack.enter_context(Exchange(venue=venue, namespace=f"ft{run_id}-exchange"))
        gateway = stack.enter_context(
            VenueGateway(
                venue=venue,
                label="A",
                namespace=peer,
                exchange=exchange,
                client=side,
                psk=PSK.encode(),
                run_dir=folder,
            )
        )
        client = stack.enter_context(StandInClient(namespace=space, folder=folder / "client"))
        yield Pair(gateway=gateway, client=client, usual=usual, folder=folder)


@pytest.fixture(scope="module", params=["ikev1", "ikev2"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    venue = two_gateways() if request.param == "ikev1" else modern()
    with pair(venue, tmp_path_factory.mktemp("venue")) as made:
        yield made


@pytest.fixture
def here(both: Pair) -> Iterator[Pair]:
    both.client_knows()
    yield both
    both.client.down("T")
    both.gateway.wait_until_down(limit=5)


def test_the_tunnel_is_what_the_venue_file_says(here: Pair) -> None:
    here.client.up("T")
    here.gateway.wait_until_up(limit=5)
    (sa,) = here.gateway.sas()
    (child,) = sa.children
    assert sa.proposal == here.gateway.terms.ike_proposal
    assert sa.remote_id == str(ELASTIC_IP)
    assert sa.client_started
    assert sa.remote_port == 4500
    assert child.udp_encapsulated
    assert child.proposal is not None
    assert child.proposal.cipher == here.gateway.terms.esp_proposal.cipher
    assert (child.local_ts, child.remote_ts) == (("192.0.2.0/24",), (f"{ELASTIC_IP}/32",))


FAULTS: tuple[tuple[ComplaintKind, dict[str, str]], ...] = (
    ("psk", {"psk": PSK + "x"}),
    ("proposal", {"ike": "aes128-sha256-modp3072"}),
    ("proposal", {"esp": "aes128-sha256-modp2048"}),
    ("selectors", {"network": "203.0.113.8/32"}),
    ("selectors", {"remote": "192.0.3.0/24"}),
    ("identity", {"identity": "gw.example.com"}),
)


@pytest.mark.parametrize(("kind", "terms"), FAULTS, ids=[f"{fault}-{next(iter(terms))}" for fault, terms in FAULTS])
def test_a_client_that_is_wrong_is_told_apart(here: Pair, kind: ComplaintKind, terms: dict[str, str]) -> None:
    here.client_knows(**terms)
    with pytest.raises(VenueError):
        here.client.up("T")
    complaint = here.gateway.what_went_wrong()
    assert complaint is not None
    assert complaint.kind == kind


CHANGES: tuple[tuple[ComplaintKind, dict[str, object]], ...] = (
    ("psk", {"psk": b"another"}),
    ("proposal", {"ike": Proposal("aes256", "sha2_512", "modp4096")}),
    ("proposal", {"esp": Proposal("aes256", "sha2_512", None)}),
    ("selectors", {"networks": [IPv4Network("192.0.2.0/25")], "client_networks": [IPv4Network("10.1.0.0/24")]}),
    ("identity", {"client_identity": "@somebody.example.com"}),
)


@pytest.mark.parametrize(("kind", "change"), CHANGES, ids=[f"{fault}-{next(iter(what))}" for fault, what in CHANGES])
def test_a_venue_that_is_changed_refuses_and_changed_back_agrees(
    here: Pair, kind: ComplaintKind, change: dict[str, object]
) -> None:
    terms = here.gateway.terms
    here.gateway.change(**change)  # type: ignore[arg-type]
    with pytest.raises(VenueError):
        here.client.up("T")
    complaint = here.gateway.what_went_wrong()
    here.gateway.change(
        psk=PSK.encode(),
        ike=terms.ike_proposal,
        esp=terms.esp_proposal,
        networks=terms.networks,
        client_networks=terms.client_networks,
        client_identity=terms.client_identity,
    )
    assert complaint is not None
    assert complaint.kind == kind
    here.client.up("T")
    here.gateway.wait_until_up(limit=5)
    assert here.gateway.what_went_wrong() is None


def test_the_venue_can_start_the_tunnel_and_renew_its_keys(here: Pair) -> None:
    here.gateway.initiate()
    assert not here.gateway.sas()[0].client_started
    renewals = sum("established with SPIs" in line for line in here.gateway.log)
    here.gateway.rekey()
    here.gateway.wait(lambda: _renewals(here) > renewals, what="a new child SA", limit=10)
    assert here.gateway.is_up


def _renewals(pair: Pair) -> int:
    return sum("established with SPIs" in line for line in pair.gateway.log)


def test_a_venue_that_was_killed_comes_back(here: Pair) -> None:
    here.client.up("T")
    here.gateway.kill()
    assert here.gateway.sas() == ()
    here.client.down("T")
    here.gateway.start()
    here.client.up("T")
    assert here.gateway.wait_until_up(limit=5) < 5


def test_the_psk_is_in_one_file_that_nobody_else_reads(here: Pair) -> None:
    here.client.up("T")
    written = [path for path in (here.folder / "lse-proquote-A").rglob("*") if path.is_file()]
    assert written
    assert all(path.stat().st_mode & 0o077 == 0 for path in written if path.name == "psk.conf")
    for path in written:
        assert PSK.encode() not in path.read_bytes()
        assert PSK.encode().hex() not in path.read_text(errors="replace").lower()


def test_a_private_domain_is_carried_too(tmp_path: Path) -> None:
    with pair(two_gateways(), tmp_path, own="10.90.1.7/32") as made:
        made.client_knows()
        made.client.up("T")
        made.gateway.wait_until_up(limit=5)
        assert made.gateway.sas()[0].children[0].remote_ts == ("10.90.1.7/32",)
    assert not list(tmp_path.glob("lse-*/**/psk.conf"))


def test_a_venue_without_that_gateway_is_refused() -> None:
    side = ClientSide(address=ELASTIC_IP, networks=(), identity="x")
    with pytest.raises(KeyError, match="lse-proquote has no gateway DR: it has A, B"):
        VenueGateway(
            venue=two_gateways(),
            label="DR",
            namespace="none",
            exchange=Exchange(venue=two_gateways(), namespace="none"),
            client=side,
            psk=b"x",
            run_dir=Path("/nowhere"),
        )
