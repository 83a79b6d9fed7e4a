"""An access key of the local AWS: made at random for each run, and known to who can read the run's own file."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, kw_only=True)
class AccessKey:
    """A key in AWS's form. Its secret is in no text that is made of it; only a temporary one has a token and expires."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str = field(default="", repr=False)
    expires: datetime | None = None

    @classmethod
    def new(cls) -> Self:
        """A random one, good as long as its server."""
        name = "AKIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16))
        return cls(access_key_id=name, secret_access_key=secrets.token_urlsafe(30))
