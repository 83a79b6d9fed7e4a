"""What must hold between the values of one venue file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path as FilePath
from typing import Literal

from model.calendar_rules import CALENDAR_RULES
from model.faults import Fault, Path, dotted, first
from model.networks import Networks
from model.ports import Ports
from model.proposal import CHACHA20, GROUPS, GROUPS_ELSEWHERE, Proposal
from model.rules import Rule
from model.source import Source
from model.values import is_private
from model.venue import PEER_LABELS, Esp, Ike, Venue

_NEVER_REMOTE = [IPv4Network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")]
_PHASES: tuple[Literal["ike", "esp"], ...] = ("ike", "esp")
_WIDE = 16
"""A public network with a shorter prefix than this is hardly one venue's."""


def check_venue(venue: Venue, source: Source, faulty: Collection[str] = ()) -> list[Fault]:
    """Every fault between the values of a venue, but those that are faulty themselves."""
    return [fault for rule in _RULES if not rule.lacks(faulty) for fault in first(rule.find(venue, source))]


def _name(venue: Venue, source: Source) -> Iterator[Fault]:
    stem = FilePath(source.file).stem
    if venue.name != stem:
        yield source.fault(
            ("name",), f"differs from the file's name; write {stem}, or rename the file to {venue.name}.yaml"
        )


def _peers(venue: Venue, source: Source) -> Iterator[Fault]:
    seen: dict[object, str] = {}
    for label in venue.peers.labels:
        peer = venue.peers.get(label)
        assert peer is not None
        path = ("peers", label, "address")
        if peer.address in seen:
            yield source.fault(path, f"is also the address of peer {seen[peer.address]}; each peer has its own")
        if any(peer.address in network for network in venue.remote_networks):
            yield source.fault(
                path, "lies inside remote_networks: IKE itself would be sent into the tunnel; check both"
            )
        seen[peer.address] = label


def _public(venue: Venue, source: Source) -> Iterator[Fault]:
    for label in venue.peers.labels:
        peer = venue.peers.get(label)
        assert peer is not None
        if is_private(IPv4Network(peer.address)) or any(peer.address in network for network in _NEVER_REMOTE):
            message = "can't be reached over the Internet; write the gateway's public address"
            yield source.fault(("peers", label, "address"), message)


def _networks(venue: Venue, source: Source) -> Iterator[Fault]:
    above = Networks()
    for index, network in enumerate(venue.remote_networks):
        path = ("remote_networks", index)
        if network.prefixlen < 8 or any(network.overlaps(other) for other in _NEVER_REMOTE):
            yield source.fault(
                path, "is too wide, or not routable; write the networks of the venue's form, /8 or longer"
            )
        elif network.prefixlen < _WIDE and not is_private(network):
            message = (
                "is public and wide: all of it goes into the tunnel, and AWS or Debian's archive may be in it; compare the "
                "venue's form, and write the networks that its hosts are in"
            )
            yield source.fault(path, message, severity="warning")
        if other := above.overlapped_by(network):
            yield source.fault(path, f"overlaps {other} above; leave out the smaller one")
        above.add(network)


def _mode(venue: Venue, source: Source) -> Iterator[Fault]:
    # IKEv2 has no modes.
    if venue.ike.mode == "aggressive" and venue.ike.version == 1:
        yield source.fault(
            ("ike", "mode"),
            "shows the PSK's hash to anyone who asks; write main, and ask the venue for main mode or IKEv2",
        )


def _ike(venue: Venue, source: Source) -> Iterator[Fault]:
    for path, proposal in venue.proposals("ike"):
        if not proposal.group:
            yield source.fault(
                path, f"names no group, so engines would guess; write {proposal};modp2048, or the form's group"
            )
        if proposal.is_aead and venue.ike.version == 1:
            plain = re.sub("_gcm.*(?=...$)", "", proposal.cipher) if "_gcm" in proposal.cipher else "aes256"
            other = replace(proposal, cipher=plain, integrity=proposal.integrity or "sha2_256")
            yield source.fault(path, f"needs IKEv2 (RFC 5282); ask the venue for version: 2, or for {other}")
        elif proposal.is_aead and not proposal.integrity:
            example = replace(proposal, integrity="sha2_256")
            message = (
                f"names no hash for the key derivation; ask the venue which (its PRF), and write it as in {example}"
            )
            yield source.fault(path, message)
        yield from _foreign_group(venue, proposal, source, path)
        yield from _weak(proposal, source, path)


def _esp(venue: Venue, source: Source) -> Iterator[Fault]:
    first = venue.esp.proposal.group
    for path, proposal in venue.proposals("esp"):
        if proposal.group and not venue.esp.pfs:
            yield source.fault(path, "names a group, but pfs is false; leave the group out, or write pfs: true")
        elif proposal.group != first:
            wanted = f"write {replace(proposal, group=first)}"
            message = (
                f"has another group than esp.proposal, and the engine takes one for all; {wanted}, or ask the venue"
            )
            yield source.fault(path, message)
        if proposal.is_aead and proposal.integrity:
            plain = replace(proposal, integrity=None)
            yield source.fault(path, f"has a hash beside a cipher that needs none (RFC 4106); write {plain}")
        if proposal.cipher == CHACHA20 and venue.ike.version == 1:
            message = (
                "has ChaCha20, which IKEv1 has no number for (RFC 7634); ask the venue for IKEv2, or for aes_gcm256"
            )
            yield source.fault(path, message)
        yield from _foreign_group(venue, proposal, source, path)
        yield from _weak(proposal, source, path)


def _twice(venue: Venue, source: Source) -> Iterator[Fault]:
    for phase in _PHASES:
        seen: set[Proposal] = set()
        for path, proposal in venue.proposals(phase):
            if proposal in seen:
                yield source.fault(path, "is there already; leave it out")
            seen.add(proposal)


SECONDS_OF_WHAT = 300
"""A lifetime below it was meant in hours or minutes: the least of AWS's own VPN is 900 s."""
SMOOTH_SECONDS = 1200
"""libreswan renews an SA 9 to 18 minutes before its end (ipsec.conf(5): rekeymargin 9m, rekeyfuzz 100%)."""


def _lifetimes(venue: Venue, source: Source) -> Iterator[Fault]:
    for phase in _PHASES:
        part: Ike | Esp = getattr(venue, phase)
        if part.lifetime < SECONDS_OF_WHAT:
            message = f"is {part.lifetime} seconds: write a unit, such as 8h or 30m; {SECONDS_OF_WHAT} s at least"
            yield source.fault((phase, "lifetime"), message)
        elif part.lifetime < SMOOTH_SECONDS:
            message = (
                f"is shorter than {SMOOTH_SECONDS} s: the engine begins to renew 9 to 18 minutes before the end, and may end "
                "such an SA and begin another, with a pause; ask the venue for a longer one"
            )
            yield source.fault((phase, "lifetime"), message, severity="warning")
        if part.offered < part.lifetime:
            message = (
                f"is longer than any engine has: the gateway offers {part.offered} s, and renews its keys each day; leave "
                "it if it is the venue's, which sees a renewal earlier than it would ask for one"
            )
            yield source.fault((phase, "lifetime"), message, severity="warning")


def _foreign_group(venue: Venue, proposal: Proposal, source: Source, path: Path) -> Iterator[Fault]:
    if proposal.group in GROUPS_ELSEWHERE:
        ours = [one for one in GROUPS if one not in ("modp1024", "modp1536", proposal.better.group)]
        others = (
            f"(or {', '.join(ours[:-1])} or {ours[-1]}); fixtunnel choose {venue.name} says what else could serve it"
        )
        remedy = leave_out(venue, path) or f"ask the venue for {proposal.better} {others}"
        yield source.fault(path, f"asks for {proposal.group}, a group that no engine of the gateway has; {remedy}")


def leave_out(venue: Venue, path: Path) -> str:
    """The way out where the venue takes another proposal of this phase, which the gateway has; empty where it does not."""
    phase, key = str(path[0]), dotted(path)
    found: list[Proposal] = [one for _, one in venue.proposals(phase)]  # type: ignore[arg-type]
    usable = next((one for one in found if one.group not in ("modp1024", *GROUPS_ELSEWHERE)), None)
    if usable is None:
        return ""
    is_first = path == (phase, "proposal")
    return f"the venue takes {usable} too: " + (f"write {key}: {usable}" if is_first else f"leave {key} out")


def _weak(proposal: Proposal, source: Source, path: Path) -> Iterator[Fault]:
    if proposal.weak_parts:
        weak = ", ".join(proposal.weak_parts)
        yield source.fault(
            path,
            f"is weak ({weak}); ask the venue for {proposal.better}",
            severity="warning",
        )


SLOW_SECONDS = 60
"""A dead peer that is noticed later has cost the FIX session: with a heartbeat of 30 s each end gives it up after some 72 s."""
_OWN_TIMERS = "leave dpd out: each end has timers of its own (RFC 3706), and ours are 5 s and 20 s"


def _dpd(venue: Venue, source: Source) -> Iterator[Fault]:
    if venue.dpd.timeout < 2 * venue.dpd.delay:
        message = (
            f"cannot work with a delay of {venue.dpd.delay} s: one lost answer would end the tunnel; {_OWN_TIMERS}"
        )
        yield source.fault(("dpd", "timeout"), message)
    elif venue.dpd.timeout >= SLOW_SECONDS:
        message = (
            f"is long: a dead peer would be noticed after {venue.dpd.timeout} s, and a FIX session is lost by then"
        )
        yield source.fault(("dpd", "timeout"), f"{message}; {_OWN_TIMERS}", severity="warning")


def _hosts(venue: Venue, source: Source) -> Iterator[Fault]:
    for path, endpoint in venue.placed_endpoints():
        if not any(endpoint.host in network for network in venue.remote_networks):
            yield source.fault(
                (*path, "host"), "lies in none of the remote_networks: no tunnel would carry it; check both"
            )


def _selector(venue: Venue, source: Source) -> Iterator[Fault]:
    selector = venue.esp.selector
    if selector is None:
        return
    protocol, _, port = selector.partition("/")
    has_both = len({one.ports.protocol for one in venue.endpoints}) > 1
    for path, endpoint in venue.placed_endpoints():
        ports = endpoint.ports
        if (its := ports.protocol) != protocol:
            lacks = f"is {its.upper()}, which esp.selector, {selector}, does not carry"
            other = "an ACL without protocol and port, and leave esp.selector out" if has_both else its
            yield source.fault((*path, "port"), f"{lacks}; ask the venue for {other}, or leave this out")
        elif port and ports.numbers != port:
            message = (
                f"is not the one of esp.selector, {selector}: no SA would carry it, and a venue has one selector, alike at both "
                f"ends; ask the venue for an ACL without ports, then write selector: {protocol}; or leave this out"
            )
            yield source.fault((*path, "port"), message)


def _probe(venue: Venue, source: Source) -> Iterator[Fault]:
    for number, service in enumerate(venue.services):
        if service.probe and not service.can_be_probed:
            message = "is of no use here: a connect tells of one TCP port, not of UDP, nor of a range; leave probe out"
            yield source.fault(("services", number, "probe"), message)
    spared = [one for one in venue.endpoints if one.probe is False]
    for path, probed in venue.placed_endpoints():
        same = (one for one in spared if one.host == probed.host and one.ports.holds(probed.ports))
        if not probed.why_unprobed and (other := next(same, None)):
            message = (
                f"is a port of {other.name}, which has probe: false, and would be probed; write probe: false here too"
            )
            yield source.fault((*path, "port"), message)


_IKE = (500, 4500)
_MANY = 1024
"""Ports of one range. A venue's form that has more was hardly meant so."""


def _wide(venue: Venue, source: Source) -> Iterator[Fault]:
    """The security group's rules for what passes through the gateway hold for the gateway itself."""
    for number, service in enumerate(venue.services):
        ports = service.port
        own = [str(one) for one in _IKE if ports.holds(Ports("udp", one, one))]
        if ports.is_one or not (own or ports.last - ports.first >= _MANY):
            continue
        ike = f", IKE's {' and '.join(own)} too" if own else ""
        message = f"is open to trading hosts at the gateway as well{ike}; write the ports that they need"
        yield source.fault(("services", number, "port"), message, severity="warning")


def _endpoint_names(venue: Venue, source: Source) -> Iterator[Fault]:
    names: set[str] = set()
    for path, endpoint in venue.placed_endpoints():
        if endpoint.name in names:
            yield source.fault((*path, "name"), "is used twice; name each endpoint differently")
        names.add(endpoint.name)


def _no_endpoint(venue: Venue, source: Source) -> Iterator[Fault]:
    if not venue.endpoints:
        message = (
            "has no entry, and there are no services: the tunnel is watched, but nothing behind it, and trading hosts reach no "
            "port; list FIX acceptors in fix, other ports in services"
        )
        yield source.fault(("fix",), message, severity="warning")


_ADDRESSES = tuple(f"peers.{label}.address" for label in PEER_LABELS)
_RULES = (
    Rule(_name, ("name",)),
    Rule(_peers, (*_ADDRESSES, "remote_networks")),
    Rule(_public, _ADDRESSES),
    Rule(_networks, ("remote_networks",)),
    Rule(_mode, ("ike.version", "ike.mode")),
    Rule(_ike, ("ike.version", "ike.proposal", "ike.alternatives")),
    Rule(_esp, ("ike.version", "esp.proposal", "esp.alternatives", "esp.pfs")),
    Rule(_twice, ("ike.proposal", "ike.alternatives", "esp.proposal", "esp.alternatives")),
    Rule(_lifetimes, ("ike.lifetime", "esp.lifetime")),
    Rule(_dpd, ("dpd.delay", "dpd.timeout")),
    Rule(_hosts, ("fix.host", "services.host", "remote_networks")),
    Rule(_selector, ("esp.selector", "fix.port", "services.port")),
    Rule(_probe, ("fix.host", "fix.port", "fix.probe", "services.host", "services.port", "services.probe")),
    Rule(_wide, ("services.port",)),
    Rule(_endpoint_names, ("fix.name", "services.name")),
    Rule(_no_endpoint, ("fix", "services")),
    *CALENDAR_RULES,
)
