"""Whether a key file has a private key in it: PEM by its header, OpenPGP by its packets, armoured or not."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

_HEADER = re.compile(rb"BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY")  # RFC 7468, and OpenPGP's own
_ARMOUR = re.compile(rb"-----BEGIN PGP [A-Z ,/0-9]+-----\r?\n(?:[A-Z][A-Za-z]*: .*\r?\n)*\s*([A-Za-z0-9+/=\s]*)")
_SECRET_PACKETS = {5, 7}  # RFC 9580, 5: a secret key, a secret subkey


def has_private_key(content: bytes) -> bool:
    """Whether anything in it is private. What its header calls public is looked into all the same."""
    keys = [content, *_unarmoured(content)]
    return bool(_HEADER.search(content)) or any(_SECRET_PACKETS & set(_packets(key)) for key in keys)


def _unarmoured(content: bytes) -> Iterator[bytes]:
    for block in _ARMOUR.findall(content):
        text = re.sub(rb"\n=[A-Za-z0-9+/]{4}\s*$", b"", block.rstrip())  # the checksum
        try:
            yield base64.b64decode(text, validate=False)
        except binascii.Error:
            continue


def _packets(key: bytes) -> Iterator[int]:
    """The tag of each packet, as far as the bytes are OpenPGP (RFC 9580, 4.2)."""
    at = 0
    while at + 1 < len(key) and key[at] & 0x80:
        is_new = bool(key[at] & 0x40)
        yield key[at] & 0x3F if is_new else key[at] >> 2 & 0x0F
        length = _new_length(key, at + 1) if is_new else _old_length(key, at)
        if length is None:
            return
        at += length


def _old_length(key: bytes, at: int) -> int | None:
    """Header and body of a packet of the old format; None where the rest of the file is its body."""
    size = (1, 2, 4, 0)[key[at] & 3]
    return 1 + size + int.from_bytes(key[at + 1 : at + 1 + size]) if size else None


def _new_length(key: bytes, at: int) -> int | None:
    """Header and body of a packet of the new format; None where the body comes in parts, which no key's does."""
    first = key[at]
    if first < 192:
        return 2 + first
    if first < 224:
        return 3 + ((first - 192) << 8) + int.from_bytes(key[at + 1 : at + 2]) + 192
    return 6 + int.from_bytes(key[at + 1 : at + 5]) if first == 255 else None
