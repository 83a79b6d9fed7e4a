"""Whole IPv4 packets, byte for byte (RFC 791, 792, 768, 9293): no socket would send most of them.

Each carries a mark in its DSCP, by which the gateway's witness counts it (RFC 2474).
"""

from __future__ import annotations

import hmac
import os
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from localaws.program import RehearsalFailed

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


_IPV4 = 4
_HASHES = {"hmac(sha1)": "sha1", "hmac(sha256)": "sha256", "hmac(sha384)": "sha384", "hmac(sha512)": "sha512"}
_NAT_T = 4500


class NoAssociation(RehearsalFailed):
    """The gateway has no SA from this peer that we can seal for."""


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """An SA of the gateway's, from the venue to it. `integrity` is None where the cipher has its own (`aead`)."""

    spi: bytes
    sequence: int
    key: bytes
    integrity: tuple[str, bytes, int] | None

    def seal(self, packets: Iterable[bytes], *, peer: IPv4Address, gateway: IPv4Address) -> Iterator[bytes]:
        """Each packet as the venue's gateway would send it, in numbers that the gateway has not had yet."""
        outside = Ends(source=peer, target=gateway, mark=0)
        for sequence, packet in enumerate(packets, start=self.sequence + 1):
            head = self.spi + struct.pack("!I", sequence)
            sealed = self._authenticated(head, packet) if self.integrity else self._aead(head, packet)
            length = struct.pack("!HHHH", _NAT_T, _NAT_T, 8 + len(sealed), 0)
            yield outside.packet(UDP, length + sealed)

    def _authenticated(self, head: bytes, packet: bytes) -> bytes:
        assert self.integrity is not None
        name, key, bits = self.integrity
        start = os.urandom(16)
        cipher = Cipher(AES(self.key), modes.CBC(start)).encryptor()
        content = head + start + cipher.update(_padded(packet, 16)) + cipher.finalize()
        return content + hmac.new(key, content, name).digest()[: bits // 8]

    def _aead(self, head: bytes, packet: bytes) -> bytes:
        key, salt, start = self.key[:-4], self.key[-4:], os.urandom(8)
        return head + start + AESGCM(key).encrypt(salt + start, _padded(packet, 4), head)


def _padded(packet: bytes, block: int) -> bytes:
    size = -(len(packet) + 2) % block
    return packet + bytes(range(1, size + 1)) + struct.pack("!BB", size, _IPV4)


def inbound(listing: str, *, peer: IPv4Address) -> Inbound:
    """The SA from this peer that has carried most, of what `ip xfrm state` says on the gateway.

    Raises:
        NoAssociation: there is none.
    """
    found = [_read(text) for text in re.split(r"^(?=src )", listing, flags=re.M) if text.startswith(f"src {peer} ")]
    if not found:
        raise NoAssociation(f"no SA from {peer}")
    return max(found, key=lambda one: one.sequence)


def _read(text: str) -> Inbound:
    sequence = re.search(r"\bseq 0x([0-9a-f]+)", text)
    aead = re.search(r"aead rfc4106\(gcm\(aes\)\) 0x([0-9a-f]+)", text)
    key = aead or re.search(r"enc cbc\(aes\) 0x([0-9a-f]+)", text)
    integrity = re.search(r"auth-trunc (\S+) 0x([0-9a-f]+) (?:\(\d+ bits\) )?(\d+)", text)
    spi = re.search(r"spi 0x([0-9a-f]{8})", text)
    if key is None or spi is None or (integrity is None and aead is None):
        raise NoAssociation("an SA with a cipher or hash that is not known here")
    return Inbound(
        spi=bytes.fromhex(spi[1]),
        sequence=int(sequence[1], 16) if sequence else 0,
        key=bytes.fromhex(key[1]),
        integrity=(_HASHES[integrity[1]], bytes.fromhex(integrity[2]), int(integrity[3])) if integrity else None,
    )
