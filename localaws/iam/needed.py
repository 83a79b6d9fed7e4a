"""One permission that a call needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Need:
    """One permission. `refusal` is AWS's own message where it does not name what is missing."""

    service: str
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]
    refusal: str | None = None
