"""A plain word of YAML as a value: the core schema of YAML 1.2 (section 10.3.2), and nothing that a date could be."""

from __future__ import annotations

import re

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
# More digits than this are no number that a settings file has: they stay text.
_INT = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_BASED = re.compile(r"0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def typed(text: str, *, is_quoted: bool = False) -> str | int | float | bool | None:
    """The value of a scalar: text if it is in quotes or is nothing else."""
    if is_quoted:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    return _float(text) if len(text) <= 40 and _FLOAT.fullmatch(text) else text


def _float(text: str) -> float:
    """YAML writes `.inf` and `.nan`, Python `inf` and `nan`."""
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
