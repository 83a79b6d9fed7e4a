"""ESP in UDP by the keys of a gateway's own SA (RFC 4303, 3948, 3602, 4106): what a venue's gateway could send.

No policy of the venue's side is in the way: whatever packet is sealed arrives at the gateway's kernel as decrypted.
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

from rehearsal.attack.packets import UDP, Ends

_IPV4 = 4
_HASHES = {"hmac(sha1)": "sha1", "hmac(sha256)": "sha256", "hmac(sha384)": "sha384", "hmac(sha512)": "sha512"}
_NAT_T = 4500


class NoAssociation(Exception):
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
