"""The TCP connections that the kernel follows (ctnetlink): who speaks with whom, and whether what one side sends is answered."""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

LIMIT_SECONDS = 2.0
COUNTS = Path("/proc/sys/net/netfilter/nf_conntrack_acct")
# linux/netfilter/nfnetlink.h, nfnetlink_conntrack.h, nf_conntrack_tcp.h
_NETFILTER, _GET, _DUMP = 12, (1 << 8) | 1, 0x301
_ERROR, _DONE = 2, 3
_TUPLE, _REPLY, _PROTOCOL, _SENT, _ANSWERED = 1, 2, 4, 9, 10
_TCP, _ESTABLISHED = 6, 3
_ONE = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")

Ends = tuple[IPv4Address, int, IPv4Address, int]
"""Source and its port, target and its port."""


@dataclass(frozen=True)
class Connection:
    """One of them, in the direction of its first packet, before any translation. `sent` and `answered` count packets.

    `seen_as` is where the answers go: the source's address after any translation.
    """

    source: IPv4Address
    source_port: int
    target: IPv4Address
    target_port: int
    is_open: bool
    sent: int
    answered: int
    seen_as: IPv4Address | None = None

    @property
    def key(self) -> Ends:
        """What no other has while it lives."""
        return self.source, self.source_port, self.target, self.target_port


def read() -> tuple[Connection, ...] | None:
    """All of them now; None where the kernel does not say, or does not count."""
    try:
        if COUNTS.read_text().strip() != "1":
            return None
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER) as kernel:
            kernel.settimeout(LIMIT_SECONDS)
            kernel.send(_ONE.pack(20, _GET, _DUMP, 1, 0) + struct.pack("=BBH", socket.AF_INET, 0, 0))
            return tuple(_all(kernel))
    except (OSError, ValueError, struct.error):
        return None


def _all(kernel: socket.socket) -> Iterator[Connection]:
    while True:
        said = kernel.recv(1 << 16)
        while said:
            length, kind, _flags, _number, _port = _ONE.unpack_from(said)
            if kind == _DONE:
                return
            if kind == _ERROR or length < _ONE.size:
                raise ValueError("refused")
            if found := connection_in(said[_ONE.size + 4 : length]):
                yield found
            said = said[_aligned(length) :]


def connection_in(entry: bytes) -> Connection | None:
    """One entry of the kernel's, after its headers; None where it is not TCP, or older than the counting."""
    told = _attributes(entry)
    ends = _attributes(told[_TUPLE])
    addresses, ports = _attributes(ends[1]), _attributes(ends[2])
    if ports[1][0] != _TCP or not {_PROTOCOL, _SENT, _ANSWERED} <= told.keys():
        return None
    state = _attributes(_attributes(told[_PROTOCOL])[1])[1][0]
    return Connection(
        source=IPv4Address(addresses[1]),
        source_port=int.from_bytes(ports[2], "big"),
        target=IPv4Address(addresses[2]),
        target_port=int.from_bytes(ports[3], "big"),
        is_open=state == _ESTABLISHED,
        sent=int.from_bytes(_attributes(told[_SENT])[1], "big"),
        answered=int.from_bytes(_attributes(told[_ANSWERED])[1], "big"),
        seen_as=IPv4Address(_attributes(_attributes(told[_REPLY])[1])[2]) if _REPLY in told else None,
    )


def _attributes(content: bytes) -> dict[int, bytes]:
    """By number, without the bits that say how one is packed (linux/netlink.h)."""
    found: dict[int, bytes] = {}
    while len(content) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(content)
        if length < _ATTRIBUTE.size:
            raise ValueError("cut short")
        found[kind & 0x3FFF] = content[_ATTRIBUTE.size : length]
        content = content[_aligned(length) :]
    return found


def _aligned(length: int) -> int:
    return (length + 3) & ~3
