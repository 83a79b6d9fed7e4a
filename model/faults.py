"""A fault: where it is, what is wrong, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from itertools import islice
from typing import Any, Literal

from model.leaks import may_be_secret

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/=+@ -]{0,39}")
_MOST = 100
_MORE = "has more faults of this kind; mend these, and check again"
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
    """The files have faults. Carries every one of them, warnings too, file by file from top to bottom."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = in_order(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """File by file, as they came; in each from top to bottom."""
    found = tuple(dict.fromkeys(faults))
    files = list(dict.fromkeys(fault.file for fault in found))
    return tuple(sorted(found, key=lambda fault: (files.index(fault.file), fault.line, fault.column)))


def first(faults: Iterable[Fault]) -> list[Fault]:
    """As many of one kind as a person can use. A thousand more would say the same, and take minutes to find."""
    found = list(islice(faults, _MOST + 1))
    if len(found) > _MOST:
        found[_MOST:] = [replace(found[_MOST], key="", value="", message=_MORE)]
    return found


def dotted(path: Path) -> str:
    """`("tunnels", 0, "peer")` as a person writes it: `tunnels.0.peer`. A key that is no word is quoted and shortened."""
    return ".".join(_key(str(part), in_secret=path[:index][-1:] == ("secret",)) for index, part in enumerate(path))


def _key(text: str, *, in_secret: bool) -> str:
    # `secret: {the PSK}` makes it a key.
    if may_be_secret(text) or (in_secret and text not in ("arn", "key", "kms_key_arn")):
        return "(not shown)"
    return text if _PLAIN_KEY.fullmatch(text) else repr(text if len(text) <= 40 else text[:37] + "...")


def shown(value: Any, path: Path, *, written: str | None = None) -> str:
    """The value for a message: one short line, and nothing at all where it may be a secret."""
    if not path or isinstance(value, dict | list | tuple) or value is None:
        return ""
    text = str(value)
    if may_be_secret(text, path):
        return "(not shown)"
    if isinstance(value, bool | int | float):
        return (written or text.lower())[:60]
    return repr(text if len(text) <= 60 else text[:57] + "...")


def counted(number: int, what: str) -> str:
    """`no blanks`, `1 blank`, `2 blanks`."""
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def nearest(word: str, words: Iterable[str]) -> str:
    """A hint for a mistyped word: `did you mean …?` where one is near, else the words that there are."""
    known = sorted(words)
    return meant(word, known) or f"available: {', '.join(known) or 'none'}"


def meant(word: str, words: Iterable[str]) -> str:
    """The word that was mistyped, as a question; empty where none is near."""
    close = get_close_matches(word[:80], sorted(words), n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""
