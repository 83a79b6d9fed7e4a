"""Proposals as other equipment and forms write them: `AES256-SHA256-MODP2048`, `aes256gcm16-prfsha256-ecp256`, `DH14`."""

from __future__ import annotations

import re
from collections.abc import Collection

_AGAIN = {
    "sha": "sha1",
    "sha256": "sha2_256",
    "sha384": "sha2_384",
    "sha512": "sha2_512",
    "aes128gcm16": "aes_gcm128",
    "aes256gcm16": "aes_gcm256",
    "ecp256": "dh19",
    "ecp384": "dh20",
    "ecp521": "dh21",
    "curve25519": "dh31",
    "x25519": "dh31",
    # The groups' numbers: RFC 3526.
    "dh2": "modp1024",
    "dh5": "modp1536",
    "dh14": "modp2048",
    "dh15": "modp3072",
    "dh16": "modp4096",
    "dh17": "modp6144",
    "dh18": "modp8192",
}


def respelled(text: str, known: Collection[str]) -> str:
    """The proposal in our notation; empty where one of its words is not among those that are known."""
    words = [_word(word) for word in re.split(r"[-;!/ ]+", re.sub(r"(?i)\bsha-?2[-_](?=\d)", "sha", text.strip(" !")))]
    if not 2 <= len(words) <= 3 or any(word not in known for word in words):
        return ""
    suite = [word for word in words if not word.startswith(("modp", "dh"))]
    return ";".join(["-".join(suite), *words[len(suite) :]])


def _word(text: str) -> str:
    plain = re.sub(r"^prf_?", "", text.lower())
    plain = re.sub(r"^group_?(?=\d)", "dh", plain)
    return _AGAIN.get(plain, plain)
