"""Whether a key file has a private key in it: PEM by its header, OpenPGP by its packets, armoured or not."""

from __future__ import annotations

import re

from model.openpgp import packets, unarmoured

_HEADER = re.compile(rb"BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY")  # RFC 7468, and OpenPGP's own
_SECRET_PACKETS = {5, 7}  # RFC 9580, 5: a secret key, a secret subkey


def has_private_key(content: bytes) -> bool:
    """Whether anything in it is private. What its header calls public is looked into all the same."""
    keys = [content, *unarmoured(content)]
    return bool(_HEADER.search(content)) or any(tag in _SECRET_PACKETS for key in keys for tag, _ in packets(key))
