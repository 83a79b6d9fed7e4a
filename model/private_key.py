"""What a key file holds: a private key by its header (PEM) or packets (OpenPGP), or public keys and nothing else."""

from __future__ import annotations

import base64
import binascii
import re

from model.openpgp import length, packets, unarmoured

_HEADER = re.compile(rb"BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY")  # RFC 7468, and OpenPGP's own
_SECRET_PACKETS = {5, 7}  # RFC 9580, 5: a secret key, a secret subkey
_PUBLIC_KEY = 6
_OF_PUBLIC_KEYS = {2, _PUBLIC_KEY, 10, 12, 13, 14, 17, 21}
"""RFC 9580, 5: signature, public key, marker, trust, user id, public subkey, user attribute, padding."""
_BLOCK = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t\r]*\n(.*?)-----END PGP PUBLIC KEY BLOCK-----[ \t\r]*\n?", re.DOTALL
)
_PROSE = re.compile(rb"(?:(?!-----)[\t\r\n -~])*")
_ENCODED = re.compile(rb"[A-Za-z0-9+/=]{40}")
"""Beside the blocks there may be words about them, and nothing that could be a key in base64."""


def has_private_key(content: bytes) -> bool:
    """Whether anything in it is private. What its header calls public is looked into all the same."""
    keys = [content, *unarmoured(content)]
    return bool(_HEADER.search(content)) or any(tag in _SECRET_PACKETS for key in keys for tag, _ in packets(key))


def has_public_keys_alone(content: bytes) -> bool:
    """Whether it is what `gpg --export` writes, with or without --armor, to the last octet.

    What hides a private key from `has_private_key` (an odd header, UTF-16, octets between packets) is no such file.
    """
    blocks = _BLOCK.findall(content)
    if not blocks:
        return _is_public(content)
    is_prose = _PROSE.fullmatch(rest := _BLOCK.sub(b"", content)) and not _ENCODED.search(rest)
    return bool(is_prose) and all(_is_public(_held_by(block)) for block in blocks)


def _held_by(block: bytes) -> bytes:
    """What stands behind the armour's headers and the empty line that ends them, without its checksum (RFC 9580, 6.2)."""
    lines = block.splitlines()
    begin = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
    text = [line.strip() for line in lines[begin:] if not re.fullmatch(rb"\s*=[A-Za-z0-9+/]{4}\s*", line)]
    try:
        return base64.b64decode(b"".join(text), validate=True)
    except binascii.Error:
        return b""


def _is_public(key: bytes) -> bool:
    tags = [tag for tag, _ in packets(key)]
    return length(key) == len(key) and tags[:1] == [_PUBLIC_KEY] and set(tags) <= _OF_PUBLIC_KEYS
