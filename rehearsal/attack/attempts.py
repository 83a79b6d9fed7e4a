"""The attempts: a table of what is tried, from where, and the packets.

Three places: `tunnel`, the venue's side of a tunnel, by somebody who has the keys and seals whatever packet he likes;
`beside`, the gateway's own wire, without a tunnel; `host`, a trading host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from rehearsal.attack.packets import ACK, ESP, FIN, GRE, IPIP, PSH, RST, SCTP, SYN, URG, Ends

Place = Literal["tunnel", "beside", "host"]
PORTS = (
    *(7, 9, 20, 21, 22, 23, 25, 53, 67, 68, 69, 80, 111, 123, 135, 137, 139, 161, 389, 443, 445, 500, 514, 853, 1433),
    *(1521, 1701, 2049, 2375, 3128, 3306, 3389, 4500, 5001, 5353, 5355, 5432, 5900, 6379, 6443, 7010, 8080, 8443),
    *(9001, 9100, 9200, 11211, 27017, 32768, 49152, 65535),
)
"""What is often listened on, the FIX ports, and the ends of the range."""
_WORLD = IPv4Address("198.18.0.20")
_METADATA = IPv4Address("169.254.169.254")
_LOOPBACK = IPv4Address("127.0.0.1")


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What is aimed at.

    Args:
        own: the gateway's address, as the venue knows it.
        private: its address in the VPC.
        router: the VPC's router; the address behind it is the resolver.
        venue: an address of the venue's network.
        host: a trading host behind the gateway, if there is one.
        fix_port: the venue's FIX port.
        other: an address of another venue's, if there is one.
        called: the port that the venue may call, if there is one; `caller` the one address that may.
    """

    own: IPv4Address
    private: IPv4Address
    router: IPv4Address
    venue: IPv4Address
    host: IPv4Address | None
    fix_port: int
    other: IPv4Address | None = None
    called: int = 0
    caller: IPv4Address | None = None


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One row. `mark` is in each of its packets."""

    name: str
    place: Place
    mark: int
    packets: tuple[bytes, ...]


_Maker = Callable[[Aim, int], Iterator[bytes]]


def attempts(aim: Aim) -> tuple[Attempt, ...]:
    """All that can be tried against this gateway; some need a host behind it, or another venue."""
    made = (
        Attempt(name=name, place=place, mark=mark, packets=tuple(make(aim, mark)))
        for mark, (place, name, make) in enumerate(_TABLE, start=1)
    )
    return tuple(attempt for attempt in made if attempt.packets)


def _to_own(aim: Aim, mark: int) -> Ends:
    return Ends(source=aim.venue, target=aim.own, mark=mark)


def _connections(aim: Aim, mark: int) -> Iterator[bytes]:
    yield from (_to_own(aim, mark).tcp(port, SYN) for port in PORTS)


def _datagrams(aim: Aim, mark: int) -> Iterator[bytes]:
    yield from (_to_own(aim, mark).udp(port) for port in PORTS)


def _from_fix_port(aim: Aim, mark: int) -> Iterator[bytes]:
    """As answers of the FIX port would look, without a question."""
    ends = _to_own(aim, mark)
    yield from (ends.tcp(port, SYN, source_port=aim.fix_port) for port in PORTS)
    yield from (ends.tcp(port, SYN | ACK, source_port=aim.fix_port) for port in PORTS)


def _mid_connection(aim: Aim, mark: int) -> Iterator[bytes]:
    ends = _to_own(aim, mark)
    for flags in (ACK, PSH | ACK, FIN | ACK, RST, SYN | ACK, SYN | FIN, 0, FIN | PSH | URG):
        yield from (ends.tcp(port, flags, source_port=41000 + flags) for port in (22, 8080, aim.fix_port))


def _ack_then_syn(aim: Aim, mark: int) -> Iterator[bytes]:
    """A segment that seems to be of a known connection, and then the beginning of one between the same ports."""
    ends = _to_own(aim, mark)
    for port in (22, 8080, aim.fix_port):
        yield from (ends.tcp(port, flags, source_port=42000) for flags in (ACK, SYN, RST, SYN))


def _messages(aim: Aim, mark: int) -> Iterator[bytes]:
    """Echo, redirect, router's advertisement, timestamp, mask; unreachable and too big about what was never sent."""
    ends = _to_own(aim, mark)
    about = Ends(source=aim.own, target=aim.venue, mark=mark).udp(9)
    for kind, code in ((8, 0), (5, 1), (9, 0), (13, 0), (17, 0), (3, 1), (3, 3), (3, 4), (11, 0), (12, 0)):
        yield ends.icmp(kind, code, bytes(4) + about)


def _other_protocols(aim: Aim, mark: int) -> Iterator[bytes]:
    ends = _to_own(aim, mark)
    inner = Ends(source=aim.venue, target=aim.private, mark=mark).tcp(22, SYN)
    yield from (ends.packet(protocol, inner) for protocol in (IPIP, GRE, ESP, SCTP, 2, 41, 51, 89, 112, 255))


def _fragments(aim: Aim, mark: int) -> Iterator[bytes]:
    for number, port in enumerate((53, 5353, 8080), start=77):
        yield from _to_own(aim, mark).fragments(port, identity=number)


def _as_ike(aim: Aim, mark: int) -> Iterator[bytes]:
    """IKE from inside the tunnel."""
    yield from (_to_own(aim, mark).udp(port, source_port=port, size=64) for port in (500, 4500))


def _uninvited(aim: Aim, mark: int) -> Iterator[bytes]:
    """The port that is open to one address, from another one of the venue's."""
    if aim.called and aim.venue != aim.caller:
        ends = _to_own(aim, mark)
        for flags in (SYN, ACK, PSH | ACK, FIN | ACK, RST, SYN | ACK):
            yield ends.tcp(aim.called, flags, source_port=44000 + flags)


def _beside_the_call(aim: Aim, mark: int) -> Iterator[bytes]:
    """The address that may call, to all that it may not."""
    if aim.caller:
        ends = Ends(source=aim.caller, target=aim.own, mark=mark)
        yield from (ends.tcp(port, SYN) for port in PORTS if port != aim.called)
        for port in (22, 8080, aim.fix_port, aim.called + 1, aim.called - 1):
            yield from (ends.tcp(port, flags, source_port=45000 + flags) for flags in (ACK, PSH | ACK, SYN | ACK))
        yield from (ends.udp(aim.called), ends.icmp(8))
        for target in filter(None, (aim.host, aim.private)):
            beside = Ends(source=aim.caller, target=target, mark=mark)
            yield from (beside.tcp(port, flags) for port in (22, 8080, aim.called) for flags in (SYN, ACK))


def _to(aim: Aim, mark: int, target: IPv4Address | None) -> Iterator[bytes]:
    if target:
        ends = Ends(source=aim.venue, target=target, mark=mark)
        yield from (ends.tcp(port, SYN) for port in (22, 80, 443, 8080, aim.fix_port))
        yield from (ends.tcp(port, ACK, source_port=43000) for port in (22, 8080, aim.fix_port))
        yield from (ends.udp(port) for port in (53, 5353, 8080))
        yield ends.icmp(8)


def _gateways_other_addresses(aim: Aim, mark: int) -> Iterator[bytes]:
    for target in (aim.private, _LOOPBACK):
        yield from _to(aim, mark, target)


def _to_hosts(aim: Aim, mark: int) -> Iterator[bytes]:
    yield from _to(aim, mark, aim.host)


def _to_neighbours(aim: Aim, mark: int) -> Iterator[bytes]:
    for target in (aim.router, aim.router + 1, _METADATA, _WORLD):
        yield from _to(aim, mark, target)


def _under_other_names(aim: Aim, mark: int) -> Iterator[bytes]:
    """In the tunnel, with a source that is not the venue's: the gateway itself, its VPC, a host, another venue, the world."""
    for source in (aim.own, aim.private, aim.router, _LOOPBACK, _WORLD, aim.host, aim.other):
        if source:
            ends = Ends(source=source, target=aim.own, mark=mark)
            yield from (*(ends.tcp(port, SYN) for port in (22, 8080)), ends.udp(5353), ends.icmp(8))


def _beside(aim: Aim, mark: int) -> Iterator[bytes]:
    """With a venue's source, and not from a tunnel."""
    for target in (aim.private, aim.own, aim.host):
        if target:
            ends = Ends(source=aim.venue, target=target, mark=mark)
            yield from (ends.tcp(port, flags) for port in (22, 8080, aim.fix_port) for flags in (SYN, ACK, RST | ACK))
            yield from (ends.udp(5353), ends.icmp(8), *ends.fragments(8080, identity=91))


def _from_host(aim: Aim, mark: int) -> Ends | None:
    return Ends(source=aim.host, target=aim.venue, mark=mark) if aim.host else None


def _hosts_other_ports(aim: Aim, mark: int) -> Iterator[bytes]:
    if ends := _from_host(aim, mark):
        yield from (ends.tcp(port, SYN) for port in PORTS if port != aim.fix_port)
        yield from (ends.udp(port) for port in (53, 123, aim.fix_port))
        yield from (ends.icmp(kind) for kind in (5, 13, 17))


def _hosts_to_elsewhere(aim: Aim, mark: int) -> Iterator[bytes]:
    for target in (_WORLD, _METADATA, aim.router + 1) if aim.host else ():
        ends = Ends(source=aim.host, target=target, mark=mark)  # type: ignore[arg-type]
        yield from (ends.tcp(port, SYN) for port in (22, 80, 443, aim.fix_port))
        yield from (ends.udp(53), ends.icmp(8))


def _strangers_to_venue(aim: Aim, mark: int) -> Iterator[bytes]:
    """Of the VPC, and no trading host."""
    if aim.host:
        ends = Ends(source=aim.router + 40, target=aim.venue, mark=mark)
        yield from (ends.tcp(aim.fix_port, SYN), ends.tcp(80, SYN), ends.icmp(8))


_TABLE: tuple[tuple[Place, str, _Maker], ...] = (
    ("tunnel", f"TCP connections to {len(PORTS)} ports of the gateway", _connections),
    ("tunnel", f"datagrams to {len(PORTS)} ports of the gateway", _datagrams),
    ("tunnel", "the same from the venue's FIX port, as if they answered", _from_fix_port),
    ("tunnel", "segments of connections that are not there", _mid_connection),
    ("tunnel", "a segment in mid-connection, then its beginning", _ack_then_syn),
    ("tunnel", "ICMP that answers nothing", _messages),
    ("tunnel", "other protocols, packets in packets", _other_protocols),
    ("tunnel", "fragments", _fragments),
    ("tunnel", "IKE from inside", _as_ike),
    ("tunnel", "the gateway's other addresses", _gateways_other_addresses),
    ("tunnel", "hosts behind the gateway", _to_hosts),
    ("tunnel", "the VPC's router and resolver, metadata, the world", _to_neighbours),
    ("tunnel", "sources that are not the venue's", _under_other_names),
    ("tunnel", "an inbound port, from an address that may not call", _uninvited),
    ("tunnel", "all but the inbound port, from the address that may call", _beside_the_call),
    ("beside", "a venue's source without a tunnel", _beside),
    ("host", "the venue's other ports", _hosts_other_ports),
    ("host", "what is not the venue's", _hosts_to_elsewhere),
    ("host", "the venue, from a host that the file does not name", _strangers_to_venue),
)
