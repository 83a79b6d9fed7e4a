"""What the form says: rows in sections, each with whose word it is. What is not known yet is a blank."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from model.calendar import Calendar
from model.client import Gateway
from model.deployment import Connection, Deployment
from model.ports import QUIET_MINUTES
from model.proposal import Proposal
from model.venue import Endpoint, Esp, Ike, Venue
from ops.form import words
from ops.form.calls import address_of
from ops.form.picture import Picture, draw
from ops.form.words import sources

Side = Literal["us", "venue", "both"]
DECIDED_BY: dict[Side, str] = {"us": "client", "venue": "venue", "both": "both"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the form. `value` is None for a blank, which `side` has to fill."""

    label: str
    value: str | None
    side: Side

    @property
    def blank(self) -> str:
        """What stands instead of a value that is not known."""
        who = {"us": "client", "venue": "venue", "both": "venue and client"}[self.side]
        return f"________ ({who} to fill in)"

    @property
    def text(self) -> str:
        """The value, or the mark of a blank."""
        return self.blank if self.value is None else self.value


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the form."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Form:
    """The form of one client for one venue."""

    title: str
    subtitle: str
    made: date
    client: str
    venue: str
    sections: tuple[Section, ...]
    picture: Picture

    @property
    def revision(self) -> str:
        """A mark of what it says: the same files make the same one, on whatever day."""
        said = json.dumps([[one.title, [asdict(row) for row in one.rows]] for one in self.sections])
        return hashlib.sha256(f"{self.title}{said}".encode()).hexdigest()[:8]

    @property
    def blanks(self) -> tuple[Row, ...]:
        """What is still to be filled in."""
        return tuple(row for section in self.sections for row in section.rows if row.value is None)

    def as_dict(self) -> dict[str, Any]:
        """For a machine to read, without the picture. A blank is null, and `side` has to fill it."""
        sections = [{"title": one.title, "rows": [asdict(row) for row in one.rows]} for one in self.sections]
        told = {
            "title": self.title,
            "subtitle": self.subtitle,
            "made": self.made.isoformat(),
            "revision": self.revision,
        }
        return {**told, "blanks": len(self.blanks), "sections": sections}


def forms(deployment: Deployment, *, address: str | None, today: date) -> tuple[Form, ...]:
    """A form for each venue. `address` is our Elastic IP, None where it is not known yet."""
    own = deployment.client.gateway.elastic_ip
    address = str(own.address) if own else address or None
    return tuple(_form(deployment, group, address, today) for group in deployment.groups.values())


def _form(deployment: Deployment, tunnels: tuple[Connection, ...], address: str | None, today: date) -> Form:
    client, venue = deployment.client, tunnels[0].venue
    return Form(
        title=f"VPN{' and FIX' if venue.fix else ''} connection: {client.description or client.name} – {venue.description}",
        subtitle=f"Environment: {venue.environment}. Client: {client.name}. Venue: {venue.name}.",
        made=today,
        client=client.legal_name or client.description or client.name,
        venue=venue.description,
        sections=(
            Section(title="VPN gateways", rows=tuple(_gateways(client.gateway, tunnels, address))),
            Section(title="Phase 1 (IKE)", rows=tuple(_phase_1(tunnels))),
            Section(title="Phase 2 (ESP)", rows=tuple(_phase_2(venue))),
            Section(title="Encryption domains", rows=tuple(_domains(deployment, tunnels[0], address))),
            *([Section(title="FIX", rows=tuple(_fix(tunnels)))] if venue.fix else []),
            *([Section(title="Services", rows=tuple(_services(venue)))] if venue.services else []),
            *(
                [Section(title="Calls of the venue", rows=tuple(_calls(tunnels[0], address)))]
                if tunnels[0].tunnel.inbound
                else []
            ),
            Section(title="Times", rows=tuple(_times(deployment, venue))),
            Section(title="Contacts", rows=tuple(_contacts(deployment, venue))),
        ),
        picture=draw(deployment, tunnels, address),
    )


def _us(label: str, value: str | None) -> Row:
    return Row(label=label, value=value, side="us")


def _venue(label: str, value: str | None) -> Row:
    return Row(label=label, value=value, side="venue")


def _both(label: str, value: str | None) -> Row:
    return Row(label=label, value=value, side="both")


def _gateways(gateway: Gateway, tunnels: tuple[Connection, ...], address: str | None) -> Iterator[Row]:
    yield _us("Client's gateway: public address", address)
    yield from _own_identities(tunnels, address)
    engine = {"libreswan": "libreswan", "openswan": "OpenSwan"}[gateway.engine]
    yield _us("Client's gateway: equipment", f"{engine} on {gateway.image}, on Amazon EC2 behind 1:1 NAT")
    joined = {tunnel.tunnel.peer: tunnel for tunnel in tunnels}
    peers = tunnels[0].venue.peers
    for label in peers.labels:
        peer = peers.get(label)
        assert peer is not None
        yield _venue(f"Venue's gateway {label}: public address", str(peer.address))
        yield _venue(f"Venue's gateway {label}: IKE identity", words.identity(peer.identity))
        use = joined[label].tunnel.role if label in joined else "not used by this client"
        yield _us(f"Venue's gateway {label}: use", use)
    yield _us("Who initiates", "the client")


def _own_identities(tunnels: tuple[Connection, ...], address: str | None) -> Iterator[Row]:
    """One, or where it is another at each of the venue's gateways one for each."""
    label = "Client's gateway: IKE identity"
    found: dict[str, str | None] = {tunnel.tunnel.peer: tunnel.tunnel.local_id or address for tunnel in tunnels}
    if len(set(found.values())) == 1:
        found = {"": next(iter(found.values()))}
    for peer, one in found.items():
        yield _us(f"{label} to gateway {peer}" if peer else label, one and words.identity(one))


def _phase_1(tunnels: tuple[Connection, ...]) -> Iterator[Row]:
    venue = tunnels[0].venue
    ike = venue.ike
    yield _both("Version and mode", f"IKEv{ike.version}" + (f", {ike.mode} mode" if ike.version == 1 else ""))
    yield _both("Authentication", "pre-shared key (PSK)")
    yield _both("How the PSK is exchanged", None)
    if any(tunnel.tunnel.weak_psk for tunnel in tunnels):
        yield _both("The present PSK", "weak: the client asks for 32 characters or more")
    yield _both("Cipher", words.cipher(ike.proposal))
    yield _both("Hash", words.integrity(ike.proposal))
    yield _both("Diffie-Hellman group", words.group(ike.proposal.group))
    yield from _alternatives(ike.alternatives)
    yield _both("Lifetime", _lifetime(ike))
    # Each end has its own timers: nothing to agree on (RFC 3706, section 5).
    yield _us("Client's dead peer detection", f"every {venue.dpd.delay} s, dead after {venue.dpd.timeout} s")
    yield _both("NAT traversal", "required: UDP 500 and 4500, ESP in UDP always (EC2 passes no raw ESP)")


def _phase_2(venue: Venue) -> Iterator[Row]:
    esp = venue.esp
    yield _both("Protocol and mode", "ESP, tunnel mode")
    yield _both("Cipher", words.cipher(esp.proposal))
    yield _both("Hash", words.integrity(esp.proposal))
    yield from _alternatives(esp.alternatives)
    yield _both("Perfect forward secrecy", _pfs(venue) if esp.pfs else "no")
    yield _both("Lifetime", _lifetime(esp))
    if esp.selector:
        yield _both("Selectors: protocol and port at the venue", esp.selector)


def _pfs(venue: Venue) -> str:
    """Where phase 2 names no group it has that of phase 1, and of several proposals only one is taken."""
    group = venue.esp.proposal.group
    groups = dict.fromkeys(
        words.group(one) for one in ([group] if group else [one.group for one in venue.ike.proposals])
    )
    first, *others = groups
    return f"yes, phase 1's group: {', or '.join(map(str, groups))}" if others else f"yes, group {first}"


def _lifetime(phase: Ike | Esp) -> str:
    """What we offer. No engine has more than a day: of a longer one the venue sees an earlier renewal."""
    offered = words.seconds(phase.offered)
    is_less = phase.offered < phase.lifetime
    return f"{offered}; the venue's own is {words.seconds(phase.lifetime)}" if is_less else offered


def _alternatives(proposals: tuple[Proposal, ...]) -> Iterator[Row]:
    if proposals:
        yield _both("Also offered, in this order", words.proposals(proposals))


def _domains(deployment: Deployment, tunnel: Connection, address: str | None) -> Iterator[Row]:
    side: Side = "venue" if tunnel.venue.encryption_domain == "assigned" else "us"
    if tunnel.awaits_address:
        address = None
    ours = str(tunnel.local_network) if tunnel.local_network else address and f"{address}/32"
    yield Row(label="Client's encryption domain", value=ours, side=side)
    yield _both("What that address is", words.domain(tunnel))
    for network in tunnel.tunnel.host_networks:
        yield _us("Client's encryption domain, also", f"{network} (our hosts' own addresses)")
    for network in tunnel.more_networks[len(tunnel.tunnel.host_networks) :]:
        yield _venue("Client's encryption domain, also", f"{network} (assigned for single hosts)")
    for network in tunnel.venue.remote_networks:
        yield _venue("Venue's encryption domain", str(network))
    own = str(tunnel.source_address) if tunnel.source_address else address
    for whose, seen in _seen(deployment, tunnel):
        is_translated = not seen.startswith(words.KEPT) and seen != words.NO_HOST
        value = seen.format(own=own) if own or "{own}" not in seen else None
        yield Row(label=f"Source address of {whose}", value=value, side=side if is_translated else "us")


def _seen(deployment: Deployment, tunnel: Connection) -> Iterator[tuple[str, str]]:
    domain = (*filter(None, [tunnel.local_network]), *tunnel.tunnel.host_networks)
    hosts, mapped = deployment.client.trading_hosts, tunnel.tunnel.mapped_hosts
    return sources(domain, hosts, mapped, own=tunnel.source_address, probes=bool(tunnel.venue.probed))


def _fix(tunnels: tuple[Connection, ...]) -> Iterator[Row]:
    for endpoint in tunnels[0].fix_endpoints:
        name = f"{endpoint.name} ({endpoint.role})" if endpoint.name != endpoint.role else endpoint.name
        yield _venue(f"{name}: address and port", endpoint.where)
        yield from _probing(name, endpoint)
        yield _venue(f"{name}: FIX version", endpoint.version)
        yield _venue(f"{name}: TargetCompID", endpoint.target_comp_id)
    ids = dict.fromkeys(one for tunnel in tunnels for one in tunnel.tunnel.sender_comp_ids)
    yield Row(label="SenderCompID", value=", ".join(ids) or None, side="venue")
    yield _both("Heartbeat interval", None)
    yield _both("Sequence numbers: when they are reset, and by whom", None)


def _probing(name: str, endpoint: Endpoint) -> Iterator[Row]:
    """Said where the file does: who reads it asked for that."""
    if endpoint.probe is False:
        yield _us(f"{name}: test connections", "none: our gateway never connects to it by itself")


def _services(venue: Venue) -> Iterator[Row]:
    for service in venue.services:
        name = f"{service.name} ({service.role})" if service.name != service.role else service.name
        ports = f"{service.port.protocol.upper()} port{'' if service.port.is_one else 's'}"
        yield _venue(f"{name}: address and {ports}", f"{service.host}:{service.port.numbers}")
        yield from _probing(name, service)
    if any(service.port.protocol == "udp" for service in venue.services):
        kept = f"forgotten after {QUIET_MINUTES} minutes without a datagram; then the client's host has to send first again"
        yield _us("UDP through our gateway", kept)


def _calls(tunnel: Connection, address: str | None) -> Iterator[Row]:
    """The connections that the venue opens. Its firewall has to let them out, ours lets nothing else in."""
    side: Side = "venue" if tunnel.awaits_address else "us"
    for one in tunnel.tunnel.inbound:
        yield _venue(f"{one.name}: the venue calls from", ", ".join(map(str, one.from_)))
        yield Row(label=f"{one.name}: to the client's address", value=address_of(tunnel, one, address), side=side)
        yield _us(f"{one.name}: to the client's TCP port", str(one.port))


def _times(deployment: Deployment, venue: Venue) -> Iterator[Row]:
    yield _venue("Session hours", "; ".join(map(words.session, venue.sessions)))
    if venue.breaks:
        yield _venue("Breaks", "; ".join(map(words.pause, venue.breaks)))
    if venue.calendar:
        yield from _dates(venue.calendar)
    maintenance = "; ".join(words.window(one) for one in venue.maintenance)
    yield _venue("Venue's maintenance", maintenance or None)
    yield _us("Client's change window", words.window(deployment.client.restart_window))
    yield _both("Date and time of the first test", None)


def _dates(calendar: Calendar) -> Iterator[Row]:
    """A blank where the file has none: the venue has to say so."""
    closed = ", ".join(day.isoformat() for day in calendar.closed)
    yield _venue(f"Closed, until {calendar.until}", closed or None)
    if calendar.special:
        yield _venue("Other hours", "; ".join(map(words.special, calendar.special)))


def _contacts(deployment: Deployment, venue: Venue) -> Iterator[Row]:
    yield _us("Client: legal name", deployment.client.legal_name)
    yield _us("Client: operations", deployment.client.alarm_email)
    yield _us("Client: telephone", None)
    for person in venue.contacts:
        yield _venue(f"Venue: {person.role}", words.contact(person))
    if not venue.contacts:
        yield _venue("Venue: VPN operations", None)
