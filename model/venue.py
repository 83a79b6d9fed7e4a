"""A venue: the exchange's or broker's side of a VPN form, shared by all clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from pydantic import Field

from model.base import Part
from model.calendar import Break, Calendar, Session, WeeklySession, Window, open_week
from model.faults import Path
from model.identity import Identity
from model.ports import Ports, PortText, tcp
from model.proposal import Proposal, ProposalText
from model.values import Address, CompId, Email, Lifetime, Line, Name, Network, Phone, Seconds, Selector, TunnelName

PeerLabel = Literal["A", "B", "C", "D", "E", "F", "G", "H", "DR", "DR2"]
DomainMode = Literal["elastic-ip", "private", "assigned"]
PEER_LABELS: tuple[PeerLabel, ...] = get_args(PeerLabel)
"""In the order of forms. One client's user data holds tunnels to all ten gateways of one venue."""
FixVersion = Literal["FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3", "FIX.4.4", "FIXT.1.1"]


class Peer(Part):
    """One VPN gateway of the venue."""

    address: Address = Field(description="Public address of the venue's gateway.", examples=["198.51.100.10"])
    id: Identity | None = Field(
        default=None,
        description="Its IKE identity; its address if not given. Behind a NAT it may be its private address.",
        examples=["@vpn.example.com"],
    )

    @property
    def identity(self) -> str:
        """The identity that it must prove (`rightid=`)."""
        return self.id or str(self.address)


class Peers(Part):
    """`A`, and where it has them `B` to `H`, and for disaster recovery `DR` and `DR2`: each has the same fields."""

    A: Peer = Field(description="The first gateway.", examples=[{"address": "198.51.100.10"}])
    B: Peer | None = Field(default=None, description="The second gateway.")
    C: Peer | None = Field(default=None, description="The third gateway.")
    D: Peer | None = Field(default=None, description="The fourth gateway.")
    E: Peer | None = Field(default=None, description="The fifth gateway.")
    F: Peer | None = Field(default=None, description="The sixth gateway.")
    G: Peer | None = Field(default=None, description="The seventh gateway.")
    H: Peer | None = Field(default=None, description="The eighth gateway.")
    DR: Peer | None = Field(default=None, description="The gateway for disaster recovery.")
    DR2: Peer | None = Field(default=None, description="The second gateway for disaster recovery.")

    def get(self, label: PeerLabel) -> Peer | None:
        """The peer with this label, or None where the venue has none."""
        peer: Peer | None = getattr(self, label)
        return peer

    @property
    def labels(self) -> tuple[PeerLabel, ...]:
        """The labels that the venue has."""
        return tuple(label for label in PEER_LABELS if self.get(label))


LONGEST_LIFETIME = 86400
"""Seconds. libreswan 4.10 and 5.2, asked for more, say "setting to the maximum allowed"."""


class Ike(Part):
    """Phase 1: the IKE SA."""

    version: Literal[1, 2] = Field(default=2, description="IKE version.")
    mode: Literal["main", "aggressive"] = Field(default="main", description="IKEv1 mode; aggressive is refused.")
    proposal: ProposalText = Field(
        description="Cipher, hash and Diffie-Hellman group.", examples=["aes256-sha2_256;modp2048"]
    )
    alternatives: tuple[ProposalText, ...] = Field(
        default=(),
        max_length=8,
        description="Further proposals that the venue takes, in the order of preference.",
        examples=[["aes128-sha1;modp1536"]],
    )
    lifetime: Lifetime = Field(default=28800, description="Seconds until a new IKE SA is negotiated.")

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """All that we offer, the preferred one first."""
        return (self.proposal, *self.alternatives)

    @property
    def offered(self) -> int:
        """The lifetime that we offer: no engine has a longer one than a day, and keeps what the venue has."""
        return min(self.lifetime, LONGEST_LIFETIME)


class Esp(Part):
    """Phase 2: the child SA that carries the traffic."""

    proposal: ProposalText = Field(description="Cipher and hash; a group only for PFS.", examples=["aes256-sha2_256"])
    alternatives: tuple[ProposalText, ...] = Field(
        default=(),
        max_length=8,
        description="Further proposals that the venue takes, in the order of preference.",
        examples=[["aes128-sha1"]],
    )
    lifetime: Lifetime = Field(default=28800, description="Seconds until a new child SA is negotiated.")
    pfs: bool = Field(default=True, description="Whether each child SA has a Diffie-Hellman exchange of its own.")
    selector: Selector | None = Field(
        default=None,
        description="The protocol, and the port at the venue, that its SAs are for; all traffic if not given.",
        examples=["tcp/9100"],
    )

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """All that we offer, the preferred one first."""
        return (self.proposal, *self.alternatives)

    @property
    def offered(self) -> int:
        """The lifetime that we offer: no engine has a longer one than a day, and keeps what the venue has."""
        return min(self.lifetime, LONGEST_LIFETIME)


class Dpd(Part):
    """Dead peer detection (RFC 3706)."""

    delay: Seconds = Field(default=5, description="Seconds of silence before the peer is asked whether it lives.")
    timeout: Seconds = Field(default=20, description="Seconds without an answer before the tunnel counts as dead.")


_UNPROBED = "not probed, as the venue file says"


class _Reached(Part):
    """What an endpoint of either kind has. `probe` is None where the file does not say."""

    name: Name
    host: Address

    @property
    def ports(self) -> Ports:
        """Where it listens."""
        raise NotImplementedError

    @property
    def where(self) -> str:
        """Host and port, in words."""
        return self.ports.at(self.host)


class FixEndpoint(_Reached):
    """A FIX acceptor of the venue, behind the tunnel."""

    name: Name = Field(description="What the venue calls it.", examples=["primary"])
    host: Address = Field(description="Its address, inside the remote networks.", examples=["192.0.2.20"])
    port: int = Field(strict=True, ge=1, le=65535, description="Its TCP port.", examples=[5001])
    version: FixVersion = Field(default="FIX.4.4", description="FIX version (FIXT.1.1 for FIX 5.0 and later).")
    target_comp_id: CompId = Field(description="The venue's CompID.", examples=["LSE"])
    role: Literal["primary", "secondary", "disaster-recovery"] = Field(
        default="primary", description="What it is for. The primary is shown first."
    )
    probe: bool | None = Field(
        default=None, description="Whether the gateway connects to it once a minute; it does unless this is false."
    )

    @property
    def ports(self) -> Ports:
        """Where it listens."""
        return tcp(self.port)

    @property
    def why_unprobed(self) -> str:
        """Why the gateway does not connect to it; empty where it does."""
        return _UNPROBED if self.probe is False else ""


class Service(_Reached):
    """What the venue has that is not FIX: market data, settlement, files."""

    name: Name = Field(description="What the venue calls it.", examples=["market-data"])
    host: Address = Field(description="Its address, inside the remote networks.", examples=["192.0.2.40"])
    port: PortText = Field(
        description="Its TCP port, such as 443; a range, such as 7001-7004; or of UDP, such as udp/5000.",
        examples=[443],
    )
    role: Literal["primary", "secondary", "disaster-recovery"] = Field(
        default="primary", description="What it is for; no alarm tells of one for disaster recovery."
    )
    probe: bool | None = Field(
        default=None,
        description="Whether the gateway connects to it once a minute: a TCP port unless this is false; never a range, nor UDP.",
    )

    @property
    def ports(self) -> Ports:
        """Where it listens."""
        return self.port

    @property
    def can_be_probed(self) -> bool:
        """Whether a connect would tell anything: UDP knows none, and in a range no port has to be open."""
        return self.port.protocol == "tcp" and self.port.is_one

    @property
    def why_unprobed(self) -> str:
        """Why the gateway does not connect to it; empty where it does."""
        if self.probe is False:
            return _UNPROBED
        if self.can_be_probed:
            return ""
        return "not probed: UDP has no connect" if self.port.protocol == "udp" else "not probed: a range of ports"


Endpoint = FixEndpoint | Service
_IN_ORDER = ("primary", "secondary", "disaster-recovery")


class Contact(Part):
    """Somebody at the venue."""

    role: Line = Field(description="What they are asked about.", examples=["VPN operations"])
    name: Line | None = Field(default=None, description="Who they are.")
    email: Email | None = Field(default=None, description="Their mail address.")
    phone: Phone | None = Field(default=None, description="Their telephone number.")


class Venue(Part):
    """The whole of a venue file."""

    name: Name = Field(description="The venue's name: the file's name without .yaml.", examples=["lse-proquote"])
    description: Line = Field(description="The venue in a few words.", examples=["London Stock Exchange"])
    environment: Literal["production", "test"] = Field(
        description="Whether orders sent here are real.", examples=["test"]
    )
    connection: TunnelName = Field(
        description="Name of the tunnel on the gateway, unless the client names it.", examples=["LSE_Proquote"]
    )
    peers: Peers = Field(description="The venue's VPN gateways.", examples=[{"A": {"address": "198.51.100.10"}}])
    remote_networks: tuple[Network, ...] = Field(
        min_length=1,
        max_length=256,
        description="The venue's networks behind its gateways: its encryption domain.",
        examples=[["192.0.2.0/24"]],
    )
    ike: Ike = Field(description="Phase 1.", examples=[{"version": 2, "proposal": "aes256-sha2_256;modp2048"}])
    esp: Esp = Field(description="Phase 2.", examples=[{"proposal": "aes256-sha2_256"}])
    dpd: Dpd = Field(default_factory=Dpd, description="Dead peer detection.")
    encryption_domain: DomainMode = Field(
        description="As which address the venue sees the client: its Elastic IP, an address of its own, or one it assigned.",
        examples=["elastic-ip"],
    )
    fix: tuple[FixEndpoint, ...] = Field(
        default=(),
        max_length=64,
        description="The venue's FIX acceptors; none where it is no FIX venue.",
        examples=[[{"name": "primary", "host": "192.0.2.20", "port": 5001, "target_comp_id": "LSE"}]],
    )
    services: tuple[Service, ...] = Field(
        default=(),
        max_length=64,
        description="Ports of the venue that are not FIX.",
        examples=[[{"name": "market-data", "host": "192.0.2.40", "port": 443}]],
    )
    session: Session = Field(
        description="When the venue trades.",
        examples=[{"start": "07:00", "end": "17:30", "timezone": "Europe/London"}],
    )
    more_sessions: tuple[Session, ...] = Field(
        default=(), max_length=16, description="Further sessions: two a day, or other hours on some days."
    )
    breaks: tuple[Break, ...] = Field(default=(), max_length=16, description="Pauses in which nothing is traded.")
    calendar: Calendar | None = Field(
        default=None, description="The dates on which it trades at other hours, or does not."
    )
    maintenance: tuple[Window, ...] = Field(default=(), max_length=32, description="When the venue may be away.")
    contacts: tuple[Contact, ...] = Field(default=(), max_length=32, description="Whom to call at the venue.")

    def proposals(self, *phases: Literal["ike", "esp"]) -> Iterator[tuple[Path, Proposal]]:
        """Each proposal of these phases with its place in the file, the preferred one of each first."""
        for phase in phases:
            preferred, *others = getattr(self, phase).proposals
            yield (phase, "proposal"), preferred
            yield from (((phase, "alternatives", number), one) for number, one in enumerate(others))

    @property
    def sessions(self) -> tuple[Window | WeeklySession, ...]:
        """When it trades in a week without holidays, before breaks."""
        return (self.session, *self.more_sessions)

    @property
    def open_week(self) -> tuple[tuple[int, int], ...]:
        """The same without breaks: minutes of the week at which each span begins, and how many it lasts."""
        return open_week(self.sessions, self.breaks)

    @property
    def keeps_plain_hours(self) -> bool:
        """Whether its hours are one session on some days of the week, as earlier versions knew them."""
        return isinstance(self.session, Window) and not (self.more_sessions or self.breaks or self.calendar)

    @property
    def fix_endpoints(self) -> tuple[FixEndpoint, ...]:
        """The FIX acceptors, primary first."""
        return tuple(sorted(self.fix, key=lambda endpoint: _IN_ORDER.index(endpoint.role)))

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All that hosts reach: the FIX acceptors, then what is not FIX; of each the primary first."""
        return (*self.fix_endpoints, *sorted(self.services, key=lambda service: _IN_ORDER.index(service.role)))

    @property
    def probed(self) -> tuple[Endpoint, ...]:
        """Those that the gateway connects to."""
        return tuple(one for one in self.endpoints if not one.why_unprobed)

    def placed_endpoints(self) -> Iterator[tuple[Path, Endpoint]]:
        """Each with its place in the file."""
        yield from ((("fix", number), one) for number, one in enumerate(self.fix))
        yield from ((("services", number), one) for number, one in enumerate(self.services))
