"""Whole IPv4 packets, byte for byte (RFC 791, 792, 768, 9293): nobody's socket would send most of them.

Each carries a mark in its DSCP, by which the gateway's witness counts it (RFC 2474).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

ICMP, IPIP, TCP, UDP, GRE, ESP, SCTP = 1, 4, 6, 17, 47, 50, 132
FIN, SYN, RST, PSH, ACK, URG = (1 << bit for bit in range(6))
_HEADER = 20
_MORE = 0x2000


@dataclass(frozen=True, kw_only=True)
class Ends:
    """From which address to which, and with which mark (1 to 63)."""

    source: IPv4Address
    target: IPv4Address
    mark: int

    def packet(self, protocol: int, content: bytes, *, identity: int = 1, fragment: int = 0) -> bytes:
        """A packet with any content. `fragment` is the field of flags and offset."""
        total = _HEADER + len(content)
        head = struct.pack("!BBHHHBB", 0x45, self.mark << 2, total, identity, fragment, 64, protocol)
        ends = self.source.packed + self.target.packed
        return head + _sum(head + b"\0\0" + ends) + ends + content

    def tcp(self, port: int, flags: int, *, source_port: int = 40000) -> bytes:
        """A segment without data."""
        head = struct.pack("!HHIIBBH", source_port, port, 1, 1 if flags & ACK else 0, 5 << 4, flags, 64240)
        return self.packet(TCP, self._summed(TCP, head, 16, bytes(2)))

    def udp(self, port: int, *, source_port: int = 40000, size: int = 8) -> bytes:
        """A datagram."""
        return self.packet(UDP, self._datagram(port, source_port, size))

    def icmp(self, kind: int, code: int = 0, content: bytes = bytes(4)) -> bytes:
        """A message; `content` is what follows type, code and checksum."""
        head = struct.pack("!BB", kind, code)
        return self.packet(ICMP, head + _sum(head + b"\0\0" + content) + content)

    def fragments(self, port: int, *, identity: int) -> Iterator[bytes]:
        """One datagram in three fragments, the first too short to show its checksum's worth."""
        whole = self._datagram(port, 40000, 40)
        cuts = [(0, 8), (8, 24), (24, len(whole))]
        for begin, end in cuts:
            field = begin // 8 | (_MORE if end < len(whole) else 0)
            yield self.packet(UDP, whole[begin:end], identity=identity, fragment=field)

    def _datagram(self, port: int, source_port: int, size: int) -> bytes:
        return self._summed(UDP, struct.pack("!HHH", source_port, port, 8 + size), 6, bytes(size))

    def _summed(self, protocol: int, head: bytes, at: int, rest: bytes) -> bytes:
        """With the checksum, which covers a pseudo header, at its place; `rest` begins behind it."""
        filled = head[:at] + b"\0\0" + head[at:] + rest
        pseudo = self.source.packed + self.target.packed + struct.pack("!BBH", 0, protocol, len(filled))
        return filled[:at] + _sum(pseudo + filled) + filled[at + 2 :]


def _sum(content: bytes) -> bytes:
    """The Internet checksum (RFC 1071)."""
    content += bytes(len(content) % 2)
    total = sum(struct.unpack(f"!{len(content) // 2}H", content))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
