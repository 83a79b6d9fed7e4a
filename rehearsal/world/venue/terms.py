"""What a venue's gateway holds to be agreed with one client: the VPN form, read from the venue's side."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from model.proposal import Proposal
from model.venue import PeerLabel, Venue
from rehearsal.world.venue.proposal import esp_suite, ike_suite


@dataclass(frozen=True, kw_only=True)
class ClientSide:
    """The client as the venue was told of it on the form."""

    address: IPv4Address
    """Its public address: the Elastic IP."""
    networks: tuple[IPv4Network, ...]
    """Its encryption domain: the Elastic IP as /32, a private or an assigned network."""
    identity: str
    """Its IKE identity (`leftid=`): an address, or a name such as `@gw.example.com`."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """One tunnel as this gateway has it configured. A fault is one field replaced. Durations are in seconds."""

    connection: str
    address: IPv4Address
    identity: str
    networks: tuple[IPv4Network, ...]
    client_address: IPv4Address
    client_identity: str
    client_networks: tuple[IPv4Network, ...]
    ike_version: int
    ike_proposal: Proposal
    ike_lifetime: int
    esp_proposal: Proposal
    esp_lifetime: int
    pfs: bool
    dpd_delay: int
    dpd_timeout: int

    @property
    def ike_suite(self) -> str:
        """Phase 1 in swanctl's words."""
        return ike_suite(self.ike_proposal)

    @property
    def esp_suite(self) -> str:
        """Phase 2 in swanctl's words. PFS without a group of its own takes phase 1's."""
        group = self.esp_proposal.group or self.ike_proposal.group
        return esp_suite(self.esp_proposal, pfs_group=group if self.pfs else None)

    @property
    def esp_rekey(self) -> int:
        """When the venue itself asks for new keys, if the client has not: a tenth before the end, as swanctl does."""
        return max(1, self.esp_lifetime * 9 // 10)


def terms_of(*, venue: Venue, label: PeerLabel, client: ClientSide) -> Terms:
    """The venue file, mirrored.

    Raises:
        KeyError: the venue has no gateway of that label.
    """
    peer = venue.peers.get(label)
    if peer is None:
        raise KeyError(f"{venue.name} has no gateway {label}: it has {', '.join(venue.peers.labels)}")
    return Terms(
        connection=venue.connection,
        address=peer.address,
        identity=peer.identity,
        networks=venue.remote_networks,
        client_address=client.address,
        client_identity=client.identity,
        client_networks=client.networks,
        ike_version=venue.ike.version,
        ike_proposal=venue.ike.proposal,
        ike_lifetime=venue.ike.lifetime,
        esp_proposal=venue.esp.proposal,
        esp_lifetime=venue.esp.lifetime,
        pfs=venue.esp.pfs,
        dpd_delay=venue.dpd.delay,
        dpd_timeout=venue.dpd.timeout,
    )
