"""Whether AWS's own Site-to-Site VPN could serve a venue, and why not.

https://docs.aws.amazon.com/vpn/latest/s2svpn/VPNTunnels.html, read in November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from model.deployment import Connection, Deployment
from model.proposal import Proposal
from model.rules import is_touched

Verdict = Literal["no", "ask", "yes"]
_CIPHERS = ("aes128", "aes256", "aes_gcm128", "aes_gcm256")
_HASHES = ("sha1", "sha2_256", "sha2_384", "sha2_512", None)
_GROUPS_1 = ("modp1024", "modp2048", "modp3072", "modp4096", "modp6144", "modp8192", "dh19", "dh20", "dh21")
_GROUPS_2 = (*_GROUPS_1, "modp1536")
_LONGEST_1, _LONGEST_2, _SHORTEST, _SHORTEST_DPD = 28800, 3600, 900, 30


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One thing that AWS's VPN does (`yes`), does not (`no`), or that only the venue can say (`ask`)."""

    tunnel: str
    about: str
    verdict: Verdict
    why: str

    def as_dict(self) -> dict[str, str]:
        """For a machine to read."""
        return asdict(self)


Said = Iterator[tuple[str, Verdict, str]]


@dataclass(frozen=True)
class Rule:
    """What AWS's VPN does or does not, and the keys of the values that say so."""

    say: Callable[[Deployment, Connection], Said]
    reads: tuple[str, ...]


def reasons(deployment: Deployment) -> list[Reason]:
    """Every reason, tunnel by tunnel."""
    found = (
        Reason(tunnel=_name(connection), about=about, verdict=verdict, why=why)
        for connection in deployment.connections
        for rule in _RULES
        for about, verdict, why in _told(rule, deployment, connection)
    )
    return list(dict.fromkeys(found))


def _name(connection: Connection) -> str:
    is_said = not connection.faulty & {"tunnel.name", "venue.connection"}
    return connection.name if is_said else connection.tunnel.venue


def verdict(found: list[Reason]) -> Verdict:
    """The worst of all."""
    return next((one for one in ("no", "ask") if any(reason.verdict == one for reason in found)), "yes")


def _told(rule: Rule, deployment: Deployment, tunnel: Connection) -> Said:
    """What a rule says; a value that cannot be read is asked about."""
    faulty = {*tunnel.faulty, *(f"client.{key}" for key in deployment.faulty)}
    unread = [read for read in rule.reads if is_touched(read, faulty)]
    if unread:
        about = unread[0].rpartition(".")[2]
        yield about, "ask", "the venue's file has no value here that can be read: fixtunnel check says why"
    else:
        yield from rule.say(deployment, tunnel)


def _initiates(_deployment: Deployment, tunnel: Connection) -> Said:
    if tunnel.venue.ike.version == 1:
        yield "who initiates", "no", "AWS initiates over IKEv2 only, and this venue wants IKEv1 and waits for us"
    else:
        yield "who initiates", "yes", "AWS can initiate over IKEv2 (startup action: start)"


def _first_proposal(_deployment: Deployment, tunnel: Connection) -> Said:
    yield _of_proposal("phase 1 proposal", tunnel.venue.ike.proposal)


def _second_proposal(_deployment: Deployment, tunnel: Connection) -> Said:
    yield _of_proposal("phase 2 proposal", tunnel.venue.esp.proposal)


def _of_proposal(about: str, proposal: Proposal) -> tuple[str, Verdict, str]:
    lacking = [proposal.cipher] if proposal.cipher not in _CIPHERS else []
    lacking += [proposal.integrity or ""] if proposal.integrity not in _HASHES else []
    if lacking:
        return about, "no", f"AWS has no {' and no '.join(lacking)}: AES-128 or 256, SHA-1 or SHA-2 only"
    return about, "yes", f"{proposal} is among AWS's"


def _groups(_deployment: Deployment, tunnel: Connection) -> Said:
    first = tunnel.venue.ike.proposal.group
    if first is None:
        yield "phase 1 group", "ask", "the venue's file names none"
    elif first not in _GROUPS_1:
        yield "phase 1 group", "no", f"AWS has no {first}"
    second = tunnel.venue.esp.proposal.group or first
    if not tunnel.venue.esp.pfs:
        yield "PFS", "ask", "AWS's phase 2 has a group always; this venue wants none"
    elif second is not None and second not in _GROUPS_2:
        yield "phase 2 group", "no", f"AWS has no {second}"


def _lifetimes(_deployment: Deployment, tunnel: Connection) -> Said:
    parts = (("phase 1", tunnel.venue.ike.lifetime, _LONGEST_1), ("phase 2", tunnel.venue.esp.lifetime, _LONGEST_2))
    for phase, lifetime, longest in parts:
        if not _SHORTEST <= lifetime <= longest:
            why = f"AWS takes {_SHORTEST} to {longest} s, the venue says {lifetime} s: ask whether it takes AWS's"
            yield f"{phase} lifetime", "ask", why


def _selectors(deployment: Deployment, tunnel: Connection) -> Said:
    ours = len(deployment.client.trading_hosts) if tunnel.local_network is None else 1
    pairs = len(tunnel.venue.remote_networks) * max(1, ours)
    if pairs > 1:
        yield "selectors", "no", f"AWS has one pair of SAs a tunnel, and this venue needs {pairs}"


def _addresses(deployment: Deployment, tunnel: Connection) -> Said:
    mode = tunnel.venue.encryption_domain
    if mode == "elastic-ip":
        why = "the venue knows us by our Elastic IP inside the tunnel, and AWS translates nothing there"
        yield "source address", "no", why
    elif mode == "assigned":
        address = "the address" if tunnel.awaits_address else str(tunnel.local_network)
        yield "source address", "no", f"{address} is the venue's choice, and AWS translates nothing inside"
    else:
        address = str(tunnel.local_network or "your own address")
        why = f"{address} must be a network of the VPC: AWS translates nothing inside the tunnel"
        yield "source address", "ask", why
    if deployment.client.gateway.elastic_ip:
        yield "public address", "no", "AWS's endpoints have addresses of its own; the venue knows yours"
    else:
        yield "public address", "ask", "AWS gives two addresses of its own: the venue must set up both"


def _identity(_deployment: Deployment, tunnel: Connection) -> Said:
    if not re.fullmatch(r"[0-9.]+", tunnel.peer.identity):
        yield "identity", "no", f"AWS expects the venue's address as its identity, not {tunnel.peer.identity}"


def _dpd(_deployment: Deployment, tunnel: Connection) -> Said:
    if tunnel.venue.dpd.timeout < _SHORTEST_DPD:
        why = f"AWS finds a dead tunnel after {_SHORTEST_DPD} s at best, here it is {tunnel.venue.dpd.timeout} s"
        yield "dead peer detection", "ask", f"{why}: a FIX session may be dropped before"


_RULES = (
    Rule(_initiates, ("venue.ike.version",)),
    Rule(_first_proposal, ("venue.ike.proposal",)),
    Rule(_second_proposal, ("venue.esp.proposal",)),
    Rule(_groups, ("venue.ike.proposal", "venue.esp.proposal", "venue.esp.pfs")),
    Rule(_lifetimes, ("venue.ike.lifetime", "venue.esp.lifetime")),
    Rule(
        _selectors, ("venue.remote_networks", "venue.encryption_domain", "tunnel.local_network", "client.trading_hosts")
    ),
    Rule(_addresses, ("venue.encryption_domain", "tunnel.local_network", "client.gateway.elastic_ip")),
    Rule(_identity, ("venue.peers",)),
    Rule(_dpd, ("venue.dpd.timeout",)),
)
