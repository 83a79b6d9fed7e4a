"""What one stack deploys: a client, with each of its tunnels joined to the venue and the peer that it names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from model.client import Client, Inbound, Tunnel
from model.identity import Meaning, meaning
from model.networks import Networks
from model.ports import Ports, merged
from model.venue import FixEndpoint, Peer, Venue

_NAMED = 3
"""Networks that a fault names: a venue may have 256."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A tunnel with the venue and the peer at its other end.

    `faulty` names the values that are only stand-ins (`tunnel.local_network`, `venue.ike.proposal`), where files have faults.
    """

    tunnel: Tunnel
    venue: Venue
    peer: Peer
    faulty: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The connection's name on the gateway: the tunnel's own, or the venue's, with the label of each peer but A."""
        suffix = "" if self.tunnel.peer == "A" else f"_{self.tunnel.peer}"
        return self.tunnel.name or f"{self.venue.connection}{suffix}"

    @property
    def is_active(self) -> bool:
        """Whether it is brought up without waiting for another of its group to fail."""
        return self.tunnel.role == "active"

    @property
    def local_network(self) -> IPv4Network | None:
        """Our encryption domain; None where it is the Elastic IP, whose value may not be known before deployment."""
        return None if self.venue.encryption_domain == "elastic-ip" else self.tunnel.local_network

    @property
    def awaits_address(self) -> bool:
        """Whether the venue has not assigned our address yet: then there is no `local_network`, and nothing to deploy."""
        return self.venue.encryption_domain == "assigned" and self.tunnel.local_network is None

    @property
    def source_address(self) -> IPv4Address | None:
        """The address in our encryption domain that the gateway owns; None where it is the Elastic IP, or still to be said."""
        network = self.local_network
        if network is None:
            return None
        return self.tunnel.source_address or (next(iter(network.hosts())) if network.prefixlen >= 30 else None)

    @property
    def more_networks(self) -> tuple[IPv4Network, ...]:
        """The rest of our encryption domain: hosts' own addresses, and those that the venue assigned for single hosts."""
        assigned = (one.seen_as for one in self.tunnel.mapped_hosts)
        network = self.local_network
        return (*self.tunnel.host_networks, *(one for one in assigned if not (network and one.subnet_of(network))))

    @property
    def pairs(self) -> int:
        """How many pairs of networks it joins: each has a child SA of its own."""
        return (1 + len(self.more_networks)) * len(self.venue.remote_networks)

    def seen_from(self, host: IPv4Address) -> IPv4Address | None:
        """As what the venue sees a trading host; None where that is the Elastic IP, or still to be said."""
        for one in self.tunnel.mapped_hosts:
            if host in one.hosts:
                return one.seen_as[int(host) - int(one.hosts[0])]
        domain = (*filter(None, [self.local_network]), *self.tunnel.host_networks)
        return host if any(host in network for network in domain) else self.source_address

    def called_at(self, one: Inbound) -> IPv4Address | None:
        """The address that the venue calls for it; None where that is the Elastic IP, or still to be said."""
        return self.seen_from(one.host) if one.host else self.source_address

    @property
    def ids(self) -> tuple[Meaning | None, Meaning]:
        """Our identity, None for the Elastic IP, and the venue's. An engine knows one PSK for them."""
        ours = self.tunnel.local_id
        return (meaning(ours) if ours else None), meaning(self.peer.identity)

    @property
    def secret_key(self) -> str:
        """Where in its secret's JSON object the PSK is; empty where the secret holds nothing else."""
        return (self.tunnel.secret and self.tunnel.secret.key) or ""

    @property
    def fix_endpoints(self) -> tuple[FixEndpoint, ...]:
        """The venue's FIX acceptors, primary first."""
        return self.venue.fix_endpoints


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A client that passed every check. `folder` is where its file lies: paths in it are relative to that.

    `faulty` names the values of the client that are only stand-ins, where it did not.
    """

    client: Client
    connections: tuple[Connection, ...]
    folder: Path
    faulty: frozenset[str] = frozenset()

    @property
    def groups(self) -> dict[str, tuple[Connection, ...]]:
        """The connections of each venue, by the venue's name: one of a group is up, the others wait."""
        venues = dict.fromkeys(connection.venue.name for connection in self.connections)
        return {name: tuple(c for c in self.connections if c.venue.name == name) for name in venues}

    def psk_of(self, connection: Connection) -> Connection:
        """The tunnel whose file on the gateway has the PSK: the first one with the same two ids and the same secret."""
        secret = connection.tunnel.secret
        sharing = (
            one for one in self.connections if secret and (one.ids, one.tunnel.secret) == (connection.ids, secret)
        )
        return next(sharing, connection)

    def same_ids(self, connection: Connection) -> tuple[Connection, ...]:
        """Others with the same two ids, one for each secret of their own: the engine takes one PSK for all of them."""
        others = (one for one in self.connections if one.ids == connection.ids and self.psk_of(one) == one)
        return tuple(one for one in others if one != self.psk_of(connection))

    @property
    def venues(self) -> tuple[Venue, ...]:
        """Each venue once, in the order of the tunnels."""
        return tuple({c.venue.name: c.venue for c in self.connections}.values())

    @property
    def remote_networks(self) -> tuple[IPv4Network, ...]:
        """Every network that is reached through a tunnel, each once."""
        return tuple(dict.fromkeys(network for venue in self.venues for network in venue.remote_networks))

    def overlapped_by(self, network: IPv4Network) -> str:
        """The venues' networks that have an address of this one, in words; empty where there is none."""
        if not self._behind_tunnels.overlapped_by(network):
            return ""
        venues = {one.tunnel.venue: one.venue for one in self.connections}
        pairs = ((remote, name) for name, venue in venues.items() for remote in venue.remote_networks)
        found = [f"{remote} of {name}" for remote, name in pairs if remote.overlaps(network)]
        more = [f"{len(found) - _NAMED} more"] if len(found) > _NAMED else []
        return " and ".join([*found[:_NAMED], *more])

    @cached_property
    def _behind_tunnels(self) -> Networks:
        return Networks(self.remote_networks)

    @property
    def called_hosts(self) -> tuple[tuple[IPv4Address, int], ...]:
        """The trading hosts that venues call, with the port, each once."""
        called = (one for connection in self.connections for one in connection.tunnel.inbound)
        return tuple(dict.fromkeys((one.host, one.host_port) for one in called if one.host))

    @property
    def venue_ports(self) -> tuple[Ports, ...]:
        """What trading hosts reach at the venues, each once."""
        return merged(endpoint.ports for venue in self.venues for endpoint in venue.endpoints)

    @property
    def peer_addresses(self) -> tuple[IPv4Address, ...]:
        """The public address of every peer that has a tunnel, each once."""
        return tuple(dict.fromkeys(connection.peer.address for connection in self.connections))

    @property
    def venue_gateways(self) -> tuple[IPv4Address, ...]:
        """The public address of every gateway of the venues, each once; those too that no tunnel leads to."""
        peers = (venue.peers.get(label) for venue in self.venues for label in venue.peers.labels)
        return tuple(dict.fromkeys(peer.address for peer in peers if peer))
