"""OpenPGP's containers (RFC 9580): the armour round a block, and the packets in it. Nothing here knows any cryptography."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

_ARMOUR = re.compile(rb"-----BEGIN PGP [A-Z ,/0-9]+-----\r?\n(?:[A-Z][A-Za-z]*: .*\r?\n)*\s*([A-Za-z0-9+/=\s]*)")


def unarmoured(content: bytes) -> Iterator[bytes]:
    """What each armoured block holds (RFC 9580, 6.2); what is no base64 is left out."""
    for block in _ARMOUR.findall(content):
        text = re.sub(rb"\n=[A-Za-z0-9+/]{4}\s*$", b"", block.rstrip())  # the checksum
        try:
            yield base64.b64decode(text, validate=False)
        except binascii.Error:
            continue


def packets(key: bytes) -> Iterator[tuple[int, bytes]]:
    """The tag and the body of each packet, as far as the bytes are OpenPGP (RFC 9580, 4.2)."""
    at = 0
    while at + 1 < len(key) and key[at] & 0x80:
        is_new = bool(key[at] & 0x40)
        tag = key[at] & 0x3F if is_new else key[at] >> 2 & 0x0F
        head, size = _new_length(key, at + 1) if is_new else _old_length(key, at)
        if size is None:
            yield tag, key[at + head :]
            return
        yield tag, key[at + head : at + head + size]
        at += head + size


def length(key: bytes) -> int:
    """How many octets are packets: all, where nothing but packets is in it. More than there are, where the last breaks off."""
    at = 0
    while at + 1 < len(key) and key[at] & 0x80:
        head, size = _new_length(key, at + 1) if key[at] & 0x40 else _old_length(key, at)
        if size is None:
            return len(key)
        at += head + size
    return at


def _old_length(key: bytes, at: int) -> tuple[int, int | None]:
    """The octets of a header of the old format, and of its body; None where the rest of the file is its body."""
    size = (1, 2, 4, 0)[key[at] & 3]
    return 1 + size, int.from_bytes(key[at + 1 : at + 1 + size]) if size else None


def _new_length(key: bytes, at: int) -> tuple[int, int | None]:
    """The same of the new format; None where the body comes in parts, which no key's does."""
    first = key[at]
    if first < 192:
        return 2, first
    if first < 224:
        return 3, ((first - 192) << 8) + int.from_bytes(key[at + 1 : at + 2]) + 192
    return 6, int.from_bytes(key[at + 1 : at + 5]) if first == 255 else None
