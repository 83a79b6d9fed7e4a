"""Whether AWS's own Site-to-Site VPN could serve a venue, and why not.

https://docs.aws.amazon.com/vpn/latest/s2svpn/VPNTunnels.html, read in November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Literal

from model.deployment import Connection, Deployment
from model.proposal import Proposal
from model.rules import is_touched

Verdict = Literal["no", "unknown", "ask", "yes"]
_CIPHERS = ("aes128", "aes256", "aes_gcm128", "aes_gcm256")
_HASHES = ("sha1", "sha2_256", "sha2_384", "sha2_512", None)
_GROUPS_1 = (
    *("modp1024", "modp2048", "modp3072", "modp4096", "modp6144", "modp8192"),
    *("dh19", "dh20", "dh21", "dh22", "dh23", "dh24"),
)
_GROUPS_2 = (*_GROUPS_1, "modp1536")
_LONGEST_1, _LONGEST_2, _SHORTEST, _SHORTEST_DPD = 28800, 3600, 900, 30


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One thing that AWS's VPN does (`yes`), does not (`no`), that only the venue can say (`ask`), or for which a value lacks."""

    tunnel: str
    about: str
    verdict: Verdict
    why: str

    def as_dict(self) -> dict[str, str]:
        """For a machine to read."""
        return asdict(self)


Said = Iterator[tuple[Verdict, str]]


@dataclass(frozen=True)
class Rule:
    """What AWS's VPN does or does not about one thing, and the keys of the values that say so."""

    about: str
    say: Callable[[Deployment, Connection], Said]
    reads: tuple[str, ...]


def reasons(deployment: Deployment) -> list[Reason]:
    """Every reason, tunnel by tunnel; of a tunnel whose venue is not known, that."""
    found = [
        Reason(tunnel=_name(connection), about=rule.about, verdict=verdict, why=why)
        for connection in deployment.connections
        for rule in _RULES
        for verdict, why in _told(rule, deployment, connection)
    ]
    joined = [connection.tunnel for connection in deployment.connections]
    for index, tunnel in enumerate(deployment.client.tunnels):
        if tunnel not in joined:
            why = "cannot be said before this is known: venue, peer"
            found.append(Reason(tunnel=f"tunnels.{index}", about="everything", verdict="unknown", why=why))
    return list(dict.fromkeys(found))


def _name(connection: Connection) -> str:
    is_said = not connection.faulty & {"tunnel.name", "venue.connection"}
    return connection.name if is_said else connection.tunnel.venue


def verdict(found: list[Reason]) -> Verdict:
    """The worst of all."""
    verdicts: tuple[Verdict, ...] = ("no", "unknown", "ask")
    return next((one for one in verdicts if any(reason.verdict == one for reason in found)), "yes")


def _told(rule: Rule, deployment: Deployment, tunnel: Connection) -> Said:
    """What a rule says, where each value that it reads is right."""
    faulty = {*tunnel.faulty, *(f"client.{key}" for key in deployment.faulty)}
    unread = [read.partition(".")[2] for read in rule.reads if is_touched(read, faulty)]
    if unread:
        yield "unknown", f"cannot be said before this is known: {', '.join(unread)}"
    else:
        yield from rule.say(deployment, tunnel)


def _initiates(_deployment: Deployment, tunnel: Connection) -> Said:
    if tunnel.venue.ike.version == 1:
        yield "no", "AWS initiates over IKEv2 only, and this venue wants IKEv1 and waits for us"
    else:
        yield "yes", "AWS can initiate over IKEv2 (startup action: start)"


def _first_suite(_deployment: Deployment, tunnel: Connection) -> Said:
    yield _of_suite(_first(tunnel))


def _second_suite(_deployment: Deployment, tunnel: Connection) -> Said:
    yield _of_suite(_second(tunnel))


def _first(tunnel: Connection) -> Proposal:
    """The proposal of phase 1 that comes next to what AWS has: the two ends agree on one, and not on parts of several."""
    return _nearest(tunnel.venue.ike.proposals, lambda one: [_of_suite(one), _of_group(one.group, _GROUPS_1)])


def _second(tunnel: Connection) -> Proposal:
    return _nearest(tunnel.venue.esp.proposals, lambda one: [_of_suite(one)])


def _nearest(proposals: Iterable[Proposal], said: Callable[[Proposal], list[tuple[Verdict, str]]]) -> Proposal:
    return max(proposals, key=lambda one: sum(verdict == "yes" for verdict, _ in said(one)))


def _of_suite(proposal: Proposal) -> tuple[Verdict, str]:
    lacking = [proposal.cipher] if proposal.cipher not in _CIPHERS else []
    lacking += [proposal.integrity or ""] if proposal.integrity not in _HASHES else []
    if lacking:
        return "no", f"AWS has no {' and no '.join(lacking)}: AES-128 or 256, SHA-1 or SHA-2 only"
    return "yes", f"AWS has {replace(proposal, group=None)}"


def _first_group(_deployment: Deployment, tunnel: Connection) -> Said:
    yield _of_group(_first(tunnel).group, _GROUPS_1)


def _second_group(_deployment: Deployment, tunnel: Connection) -> Said:
    if tunnel.venue.esp.pfs:
        yield _of_group(tunnel.venue.esp.proposal.group or _first(tunnel).group, _GROUPS_2)
    else:
        yield "ask", "AWS's phase 2 has a group always; this venue wants no PFS"


def _of_group(group: str | None, has: tuple[str, ...]) -> tuple[Verdict, str]:
    if group is None:
        return "unknown", "the venue's file names none"
    return ("yes", f"AWS has {group}") if group in has else ("no", f"AWS has no {group}")


def _first_lifetime(_deployment: Deployment, tunnel: Connection) -> Said:
    yield from _of_lifetime(tunnel.venue.ike.lifetime, _LONGEST_1)


def _second_lifetime(_deployment: Deployment, tunnel: Connection) -> Said:
    yield from _of_lifetime(tunnel.venue.esp.lifetime, _LONGEST_2)


def _of_lifetime(lifetime: int, longest: int) -> Said:
    if not _SHORTEST <= lifetime <= longest:
        why = f"AWS takes {_SHORTEST} to {longest} s, the venue says {lifetime} s: ask whether it takes AWS's"
        yield "ask", why


def _two_gateways(deployment: Deployment, _tunnel: Connection) -> Said:
    if deployment.client.gateway.standby:
        why = "AWS's VPN has two endpoints in two zones too, each with an address of its own: ask whether the venue takes two"
        yield "ask", why


def _selectors(deployment: Deployment, tunnel: Connection) -> Said:
    ours = len(deployment.client.trading_hosts) if tunnel.local_network is None else 1
    ours += len(tunnel.more_networks)
    pairs = len(tunnel.venue.remote_networks) * max(1, ours)
    if tunnel.venue.esp.selector:
        yield "no", f"AWS's SAs are for all traffic, and this venue wants {tunnel.venue.esp.selector} alone"
    if pairs > 1:
        yield "no", f"AWS has one pair of SAs a tunnel, and this venue needs {pairs}"


def _source_address(_deployment: Deployment, tunnel: Connection) -> Said:
    mode = tunnel.venue.encryption_domain
    if mode == "elastic-ip":
        yield "no", "the venue knows us by our Elastic IP inside the tunnel, and AWS translates nothing there"
    elif mode == "assigned":
        address = "the address" if tunnel.awaits_address else str(tunnel.local_network)
        yield "no", f"{address} is the venue's choice, and AWS translates nothing inside"
    else:
        address = str(tunnel.local_network or "your own address")
        yield "ask", f"{address} must be a network of the VPC: AWS translates nothing inside the tunnel"


def _public_address(deployment: Deployment, _tunnel: Connection) -> Said:
    if deployment.client.gateway.elastic_ip:
        yield "no", "AWS's endpoints have addresses of its own; the venue knows yours"
    else:
        yield "ask", "AWS gives two addresses of its own: the venue must set up both"


def _identity(_deployment: Deployment, tunnel: Connection) -> Said:
    if tunnel.peer.identity != str(tunnel.peer.address):
        yield "no", f"AWS expects the venue's address as its identity, not {tunnel.peer.identity}"
    if tunnel.tunnel.local_id:
        yield "no", f"AWS says who it is by its own address, and this venue expects {tunnel.tunnel.local_id}"


def _dpd(_deployment: Deployment, tunnel: Connection) -> Said:
    if tunnel.venue.dpd.timeout < _SHORTEST_DPD:
        why = f"AWS finds a dead tunnel after {_SHORTEST_DPD} s at best, our gateway after {tunnel.venue.dpd.timeout} s"
        yield "ask", f"{why}: a FIX session may be dropped before"


_BOTH = ("venue.ike.proposal", "venue.esp.proposal", "venue.esp.pfs")
_HOSTS = (
    "venue.remote_networks",
    "venue.encryption_domain",
    "tunnel.local_network",
    "tunnel.host_networks",
    "tunnel.mapped_hosts",
    "client.trading_hosts",
)
_RULES = (
    Rule("who initiates", _initiates, ("venue.ike.version",)),
    Rule("phase 1 cipher and hash", _first_suite, ("venue.ike.proposal",)),
    Rule("phase 1 group", _first_group, ("venue.ike.proposal",)),
    Rule("phase 1 lifetime", _first_lifetime, ("venue.ike.lifetime",)),
    Rule("phase 2 cipher and hash", _second_suite, ("venue.esp.proposal",)),
    Rule("phase 2 group", _second_group, _BOTH),
    Rule("phase 2 lifetime", _second_lifetime, ("venue.esp.lifetime",)),
    Rule("selectors", _selectors, (*_HOSTS, "venue.esp.selector")),
    Rule("source address", _source_address, ("venue.encryption_domain", "tunnel.local_network")),
    Rule("public address", _public_address, ("client.gateway.elastic_ip",)),
    Rule("identity", _identity, ("venue.peers", "tunnel.local_id")),
    Rule("two gateways", _two_gateways, ("client.gateway.standby",)),
    Rule("dead peer detection", _dpd, ("venue.dpd.timeout",)),
)
