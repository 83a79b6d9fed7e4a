"""PSKs: made so that both engines and common venue equipment take them, and compared without being shown."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from collections.abc import Iterator

from ops.failure import BadInput
from userdata import keyed

GENERATED_LENGTH = 40
"""Letters and digits: 238 bits. Common equipment takes 8 to 64 characters (AWS's own VPN too); some refuses signs."""

_ALPHABET = string.ascii_letters + string.digits
_LONGEST = 256
_SHORTEST, _FEWEST = 20, 8
ROUNDS = 200_000


def generate() -> str:
    """A new PSK. It begins with a letter: some equipment takes a leading 0 for the mark of another notation."""
    return secrets.choice(string.ascii_letters) + "".join(
        secrets.choice(_ALPHABET) for _ in range(GENERATED_LENGTH - 1)
    )


def checked(value: str) -> str:
    """A PSK that a person gave, without its line end. Raises BadInput, which does not repeat it."""
    value = value.rstrip("\r\n")
    if not value:
        raise BadInput("the PSK is empty")
    if "\n" in value or "\r" in value or "\0" in value:
        raise BadInput("the PSK has more than one line", advice="give one line")
    if keyed.object_in(value.encode(errors="replace")) is not None:
        raise BadInput(
            "that is a JSON object, not a PSK", advice="give the PSK alone; secret.key names where it belongs"
        )
    if value != value.strip():
        raise BadInput(
            "the PSK begins or ends with a space", advice="that is most often a slip of copying; leave it out"
        )
    if len(value.encode()) > _LONGEST:
        raise BadInput(f"the PSK is longer than {_LONGEST} octets", advice="equipment takes 64 characters at most")
    return value


def weaknesses(value: str) -> Iterator[str]:
    """Why it can be guessed. Nothing of the value is repeated."""
    if len(value) < _SHORTEST:
        yield f"it has {len(value)} characters: anyone who records a negotiation can guess it; agree on 32 or more"
    if len(set(value)) < _FEWEST:
        yield "it repeats few characters: anyone who records a negotiation can guess it; agree on 32 or more"


def oddities(value: str) -> Iterator[str]:
    """What may be refused by the venue's equipment. Nothing of the value is repeated."""
    if len(value) > 64:
        yield f"it has {len(value)} characters: much equipment takes 64 at most"
    if not re.fullmatch(r"[A-Za-z0-9]+", value):
        yield "it has signs beside letters and digits, which some equipment does not take"
    if value.startswith("0"):
        yield "it begins with 0, which some equipment takes for the mark of another notation"
    if not value.isascii():
        yield "it has letters beyond ASCII, which each side may encode differently"


def digest(value: bytes, salt: bytes) -> str:
    """A salted digest, slow on purpose: it passes through SSM's history, and must not help in guessing."""
    return hashlib.pbkdf2_hmac("sha256", value, salt, ROUNDS).hex()


def digest_command(tunnel: str, salt: bytes) -> str:
    """What the gateway runs to tell the digest of the PSK that its engine was given; 'none' where it has none."""
    program = (
        "import base64,hashlib,re,pathlib;"
        f"p=pathlib.Path('/etc/ipsec.d/{tunnel}.secrets');"
        "t=p.read_text() if p.exists() else '';"
        "m=re.search(r'PSK 0s(\\S+)',t);"
        "print(hashlib.pbkdf2_hmac('sha256',base64.b64decode(m[1]),"
        f"bytes.fromhex('{salt.hex()}'),{ROUNDS}).hex() if m else 'none')"
    )
    return f'python3 -c "{program}"'
