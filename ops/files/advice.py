"""What works and is weak: what to ask the venue for, beyond the model's own warnings.

RFC 8247 and RFC 8221 (algorithms for IKEv2 and ESP), RFC 9395 (IKEv1 is deprecated), NIST SP 800-131A (SHA-1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from model.client import Client
from model.faults import Fault
from model.source import Source
from model.venue import Venue

_SMALL_GROUPS = ("modp1024", "modp1536")


def advise_venue(venue: Venue, source: Source) -> list[Fault]:
    """Warnings of a venue's settings that a better venue would not impose."""
    return [fault for rule in _VENUE for fault in rule(venue, source)]


def advise_client(client: Client, source: Source) -> list[Fault]:
    """Warnings of a client's choices."""
    return [fault for rule in _CLIENT for fault in rule(client, source)]


def _ikev1(venue: Venue, source: Source) -> Iterator[Fault]:
    if venue.ike.version == 1:
        message = "is IKEv1, which RFC 9395 deprecates; ask the venue for IKEv2 (version: 2)"
        yield source.fault(("ike", "version"), message, severity="warning")


def _sha1(venue: Venue, source: Source) -> Iterator[Fault]:
    for phase, proposal in (("ike", venue.ike.proposal), ("esp", venue.esp.proposal)):
        if proposal.integrity == "sha1":
            message = "uses SHA-1, which NIST retires at the end of 2030; ask the venue for sha2_256, or for AES-GCM"
            yield source.fault((phase, "proposal"), message, severity="warning")


def _small_group(venue: Venue, source: Source) -> Iterator[Fault]:
    for phase, proposal in (("ike", venue.ike.proposal), ("esp", venue.esp.proposal)):
        if proposal.group == "modp1536":
            message = "uses a small Diffie-Hellman group (RFC 8247); ask the venue for modp2048 or dh19"
            yield source.fault((phase, "proposal"), message, severity="warning")


def _no_pfs(venue: Venue, source: Source) -> Iterator[Fault]:
    if not venue.esp.pfs:
        message = "means that one broken key opens all traffic of its IKE SA; ask the venue for PFS"
        yield source.fault(("esp", "pfs"), message, severity="warning")


def _psk_in_ikev1(venue: Venue, source: Source) -> Iterator[Fault]:
    if venue.ike.version == 1 and venue.ike.proposal.group in _SMALL_GROUPS:
        message = "lets anyone who records the negotiation guess the PSK; agree on 32 characters or more"
        yield source.fault(("ike", "proposal"), message, severity="warning")


def _old_engine(client: Client, source: Source) -> Iterator[Fault]:
    gateway = client.gateway
    if gateway.engine == "openswan":
        message = "has had no release since 2021 (CVE-2018-15836, CVE-2019-10155); write libreswan, its maintained fork"
        yield source.fault(("gateway", "engine"), message, severity="warning")
    elif gateway.image == "debian-12":
        message = (
            "brings libreswan 4.10 (CVE-2023-38710, CVE-2023-38711, CVE-2023-38712); write debian-13, which has 5.2"
        )
        yield source.fault(("gateway", "image"), message, severity="warning")


def _nobody_told(client: Client, source: Source) -> Iterator[Fault]:
    if client.alarm_email is None:
        yield source.fault(
            ("alarm_email",), "is missing: nobody is told when a tunnel is down; write one address", severity="warning"
        )


def _weak_psk(client: Client, source: Source) -> Iterator[Fault]:
    for index, tunnel in enumerate(client.tunnels):
        if tunnel.weak_psk:
            message = (
                "means a PSK that can be guessed by anyone who records a negotiation; agree with the venue on 32 characters "
                "or more, then: fixtunnel secret rotate"
            )
            yield source.fault(("tunnels", index, "weak_psk"), message, severity="warning", of_key=True)


_VENUE: tuple[Callable[[Venue, Source], Iterator[Fault]], ...] = (_ikev1, _sha1, _small_group, _psk_in_ikev1, _no_pfs)
_CLIENT: tuple[Callable[[Client, Source], Iterator[Fault]], ...] = (_old_engine, _nobody_told, _weak_psk)
