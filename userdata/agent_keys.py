"""The keys that AWS signs its SSM agent with, and the text in which the gateway gets them.

They change in place, like the operations: a new key must not mean another gateway. `agent-keys.asc` beside this file is
edited by hand; what it holds is read here, so a key's end stands in one place.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from model.openpgp import packets, unarmoured

FILE = Path(__file__).with_name("agent-keys.asc")
WARNING_DAYS = 60
"""AWS publishes the next key some six weeks before one ends: 2026-06-04 for 2026-07-15."""
_PUBLIC_KEY, _SIGNATURE = 6, 2
_CERTIFICATIONS = range(0x10, 0x14)
_KEY_EXPIRATION = 9


@dataclass(frozen=True, kw_only=True)
class AgentKey:
    """A key: its OpenPGP packets, its fingerprint, and when it ends (None: never)."""

    block: bytes
    fingerprint: str
    ends: datetime | None


@cache
def agent_keys(file: Path = FILE) -> tuple[AgentKey, ...]:
    """The keys, in the order of the file."""
    return tuple(_key(block) for block in unarmoured(file.read_bytes()))


def render_agent_keys(keys: tuple[AgentKey, ...] | None = None) -> str:
    """The parameter's text: each key in base64, one a line."""
    return "\n".join(base64.b64encode(key.block).decode() for key in keys or agent_keys())


def ends_soon(now: datetime, keys: tuple[AgentKey, ...] | None = None) -> str:
    """What to say of the key that ends last, within `WARNING_DAYS` of its end and after it; empty before."""
    ends = [key.ends for key in keys or agent_keys()]
    dated = [end for end in ends if end is not None]
    if len(dated) < len(ends) or (max(dated) - now).days >= WARNING_DAYS:
        return ""
    tense = "ended" if max(dated) <= now else "ends"
    return f"the newest key of AWS's SSM agent {tense} on {max(dated):%Y-%m-%d}: new gateways get no agent after that"


def _key(block: bytes) -> AgentKey:
    """RFC 4880: 12.2 the fingerprint, 5.2.3.6 when a key ends: so many seconds after it was made, by its own signature."""
    parts = list(packets(block))
    (key,) = (body for tag, body in parts if tag == _PUBLIC_KEY)
    lives = [seconds for tag, body in parts if tag == _SIGNATURE for seconds in _lifetimes(body)]
    made = int.from_bytes(key[1:5])
    # An older certification of the same key comes first.
    ends = datetime.fromtimestamp(made + lives[-1], UTC) if lives else None
    fingerprint = hashlib.sha1(b"\x99" + len(key).to_bytes(2) + key, usedforsecurity=False).hexdigest().upper()
    return AgentKey(block=block, fingerprint=fingerprint, ends=ends)


def _lifetimes(signature: bytes) -> Iterator[int]:
    """RFC 4880, 5.2.3: of a signature of version 4 over the key's own name, the seconds that the key lives."""
    if signature[0] != 4 or signature[1] not in _CERTIFICATIONS:
        return
    at, end = 6, 6 + int.from_bytes(signature[4:6])
    while at < end:
        size = signature[at]
        assert size < 192, "longer subpackets are not in such a key"
        if signature[at + 1] == _KEY_EXPIRATION:
            yield int.from_bytes(signature[at + 2 : at + 1 + size])
        at += 1 + size
