"""What a venue's gateway holds to be agreed with one client: the VPN form, read from the venue's side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from model.identity import with_hexadecimal
from model.proposal import CHACHA20, Proposal
from model.venue import PeerLabel, Venue

_CIPHERS = {
    "aes128": "aes128",
    "aes192": "aes192",
    "aes256": "aes256",
    **{
        f"aes_gcm{name}{bits}": f"aes{bits}gcm{octets}"
        for name, octets in (("", 16), ("_12_", 12), ("_8_", 8))
        for bits in (128, 192, 256)
    },
    CHACHA20: "chacha20poly1305",
    "3des": "3des",
}
_HASHES = {"md5": "md5", "sha1": "sha1", "sha2_256": "sha256", "sha2_384": "sha384", "sha2_512": "sha512"}
_GROUPS = {"dh19": "ecp256", "dh20": "ecp384", "dh21": "ecp521", "dh31": "curve25519"}
_ANY_PRF = ("prfsha256", "prfsha384", "prfsha512")

_SEEN_CIPHERS = {
    ("AES_CBC", "128"): "aes128",
    ("AES_CBC", "192"): "aes192",
    ("AES_CBC", "256"): "aes256",
    **{
        (f"AES_GCM_{octets}", bits): f"aes_gcm{name}{bits}"
        for name, octets in (("", 16), ("_12_", 12), ("_8_", 8))
        for bits in ("128", "192", "256")
    },
    ("CHACHA20_POLY1305", ""): CHACHA20,
    ("CHACHA20_POLY1305", "256"): CHACHA20,
    ("3DES_CBC", ""): "3des",
}
_SEEN_HASHES = {
    "HMAC_MD5_96": "md5",
    "HMAC_SHA1_96": "sha1",
    "HMAC_SHA2_256_128": "sha2_256",
    "HMAC_SHA2_384_192": "sha2_384",
    "HMAC_SHA2_512_256": "sha2_512",
}
_SEEN_PRFS = {"PRF_HMAC_SHA2_256": "sha2_256", "PRF_HMAC_SHA2_384": "sha2_384", "PRF_HMAC_SHA2_512": "sha2_512"}
_SEEN_GROUPS = {"ECP_256": "dh19", "ECP_384": "dh20", "ECP_521": "dh21", "CURVE_25519": "dh31"}


def ike_suite(proposal: Proposal) -> str:
    """Phase 1. With AES-GCM the hash is that of the pseudo-random function (RFC 5282)."""
    return "-".join([_CIPHERS[proposal.cipher], *_ike_hashes(proposal), *_group(proposal.group)])


def esp_suite(proposal: Proposal, *, pfs_group: str | None) -> str:
    """Phase 2. `pfs_group` is the group of its own exchange, or None without PFS."""
    hashes = [] if proposal.is_aead or not proposal.integrity else [_HASHES[proposal.integrity]]
    return "-".join([_CIPHERS[proposal.cipher], *hashes, *_group(pfs_group)])


def negotiated(sa: Mapping[str, str]) -> Proposal | None:
    """The proposal that an SA was negotiated with, from the keys that vici gives it; None before it has one.

    For an IKE SA with AES-GCM the hash is that of its pseudo-random function, as in the venue file.
    """
    cipher = _SEEN_CIPHERS.get((sa.get("encr-alg", ""), sa.get("encr-keysize", "")))
    if cipher is None:
        return None
    prf = _SEEN_PRFS.get(sa.get("prf-alg", "")) if "gcm" in cipher or cipher == CHACHA20 else None
    integrity = _SEEN_HASHES.get(sa.get("integ-alg", "")) or prf
    group = sa.get("dh-group", "")
    return Proposal(cipher, integrity, _SEEN_GROUPS.get(group) or group.replace("_", "").lower() or None)


def _ike_hashes(proposal: Proposal) -> tuple[str, ...]:
    if not proposal.is_aead:
        return (_HASHES[proposal.integrity],) if proposal.integrity else ()
    return (f"prf{_HASHES[proposal.integrity]}",) if proposal.integrity else _ANY_PRF


def _group(group: str | None) -> tuple[str, ...]:
    return (_GROUPS.get(group, group),) if group else ()


@dataclass(frozen=True, kw_only=True)
class ClientSide:
    """The client as the venue has it from the form."""

    address: IPv4Address
    """Its public address: the Elastic IP."""
    networks: tuple[IPv4Network, ...]
    """Its encryption domain: the Elastic IP as /32, a private or an assigned network."""
    identity: str
    """Its IKE identity, as a client file has it (`local_id`)."""


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
    ike_proposals: tuple[Proposal, ...]
    ike_lifetime: int
    esp_proposals: tuple[Proposal, ...]
    esp_lifetime: int
    pfs: bool
    selector: str | None
    dpd_delay: int
    dpd_timeout: int

    @property
    def ike_proposal(self) -> Proposal:
        """The preferred one of phase 1."""
        return self.ike_proposals[0]

    @property
    def esp_proposal(self) -> Proposal:
        """The preferred one of phase 2."""
        return self.esp_proposals[0]

    @property
    def ike_suite(self) -> str:
        """Phase 1 in swanctl's words."""
        return ",".join(map(ike_suite, self.ike_proposals))

    @property
    def esp_suite(self) -> str:
        """Phase 2 in swanctl's words. PFS without a group of its own takes phase 1's."""
        groups = dict.fromkeys(one.group for one in self.ike_proposals)
        pairs = [(one, group) for one in self.esp_proposals for group in ((one.group,) if one.group else groups)]
        suites = (esp_suite(one, pfs_group=group if self.pfs else None) for one, group in pairs)
        return ",".join(dict.fromkeys(suites))

    @property
    def local_ts(self) -> str:
        """Its own networks in swanctl's words, for the protocol and port alone that were agreed."""
        return ",".join(f"{one}[{self.selector}]" if self.selector else str(one) for one in self.networks)

    @property
    def remote_ts(self) -> str:
        """The client's networks, from any port."""
        protocol = (self.selector or "").partition("/")[0]
        return ",".join(f"{one}[{protocol}]" if protocol else str(one) for one in self.client_networks)

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
        identity=with_hexadecimal(peer.identity),
        networks=venue.remote_networks,
        client_address=client.address,
        client_identity=with_hexadecimal(client.identity),
        client_networks=client.networks,
        ike_version=venue.ike.version,
        ike_proposals=venue.ike.proposals,
        ike_lifetime=venue.ike.lifetime,
        esp_proposals=venue.esp.proposals,
        esp_lifetime=venue.esp.lifetime,
        pfs=venue.esp.pfs,
        selector=venue.esp.selector,
        dpd_delay=venue.dpd.delay,
        dpd_timeout=venue.dpd.timeout,
    )
