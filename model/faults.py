"""A fault: where it is, what is wrong, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any, Literal

type_of_secret = re.compile(r"psk|passw|secret(?!\.(arn|kms_key_arn)$)|private.?key|credential|token", re.IGNORECASE)
_MAY_BE_SECRET = re.compile(r"BEGIN [A-Z ]*PRIVATE KEY|^0s[A-Za-z0-9+/=]{8,}$")
Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault. `line` and `column` count from 1; 0 where there is no file (a value from the command line).

    `value` is the offending value as a person wrote it, shortened; empty where showing it could show a secret.
    """

    file: str
    line: int
    column: int
    key: str
    value: str
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        about = f" {self.key}:" if self.key else ""
        value = f" {self.value}" if self.value else ""
        return f"{place}: {self.severity}:{about}{value} {self.message}"

    def as_dict(self) -> dict[str, Any]:
        """The fault for a machine to read."""
        return asdict(self)


class InvalidInput(Exception):
    """The files have faults. Carries every one of them, warnings too."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def dotted(path: Path) -> str:
    """`("tunnels", 0, "peer")` as a person writes it: `tunnels.0.peer`."""
    return ".".join(str(part) for part in path)


def shown(value: Any, path: Path) -> str:
    """The value for a message: one short line, and nothing at all where it may be a secret."""
    if isinstance(value, dict | list | tuple) or value is None:
        return ""
    text = str(value)
    if type_of_secret.search(dotted(path)) or _MAY_BE_SECRET.search(text):
        return "(not shown)"
    return repr(text if len(text) <= 60 else text[:57] + "...")


def nearest(word: str, words: Iterable[str]) -> str:
    """A hint for a mistyped word: ` did you mean …?` where one is near, else the words that there are."""
    known = sorted(words)
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else f"there is: {', '.join(known) or 'none'}"
