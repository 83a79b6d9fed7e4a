"""A span of time in words."""

from __future__ import annotations


def ago(seconds: int) -> str:
    """A span of time in its two largest units."""
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts = []
    for unit, size in units:
        if seconds >= size:
            parts.append(f"{seconds // size} {unit}")
            seconds %= size
    return " ".join(parts[:2]) or "0 s"
