"""Secrets in places where no secret belongs: a file that is read by many, kept for ever, and copied.

The PSK lives in Secrets Manager (see `Tunnel.secret`). What looks like one in a file is refused, and never repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_SECRET_KEY = re.compile(
    r"psk|pre[-_. ]?shared|shared[-_. ]?key|passw|passphrase|private[-_. ]?key|access[-_. ]?key|credential|token|secret",
    re.IGNORECASE,
)
_ARN = re.compile(r"(arn:[a-z-]+:[a-z]+:|alias/)[A-Za-z0-9_:/+=,.@-]*")
_SECRET_VALUE = re.compile(
    r"BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"  # PEM, RFC 7468
    r"|^0[sx][A-Za-z0-9+/=]{8,}$"  # ipsec.secrets(5)
    r"|\bPSK\s+[\"'0]"
    r"|\b(psk|password|passphrase|secret)\s*=\s*\S"
    r"|//[^/\s:@]+:[^/\s@]+@"  # the user and the password of a URL, RFC 3986
    r"|\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    re.IGNORECASE,
)
BELONGS_ELSEWHERE = (
    "is a secret, and no file is its place: take it out and put it into Secrets Manager "
    "(./fixtunnel secret set); if anybody else has seen this file, ask for a new one"
)
NOT_ITSELF = (
    "is where the secret's ARN belongs, not the secret: put that into Secrets Manager (./fixtunnel secret set) "
    "and write secret: {arn: arn:aws:secretsmanager:…}, or leave this key out"
)


def is_secret_key(key: str, value: Any) -> bool:
    """Whether a key of this name would hold a secret. One that holds an ARN, or has more below it, is only mistyped."""
    is_reference = isinstance(value, dict | list) or (isinstance(value, str) and _ARN.fullmatch(value))
    return bool(_SECRET_KEY.search(key)) and not is_reference


def may_be_secret(text: str, path: tuple[str | int, ...] = ()) -> bool:
    """Whether showing the text could show a secret, by what it looks like or by where it stands."""
    if _SECRET_VALUE.search(text):
        return True
    return any(_SECRET_KEY.search(str(part)) for part in path) and not _ARN.fullmatch(text)


def leaks(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of each value that looks like a secret, whatever the key above it says."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from leaks(value, (*path, key))
    elif isinstance(data, str) and _SECRET_VALUE.search(data) and not _ARN.fullmatch(data):
        yield path
