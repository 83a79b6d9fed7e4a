"""docs/runbook.md by its words: every state, alarm, cause and message that an operator may meet has its entry there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from model.configuration import is_clone
from ops.options import PROJECT

PAGE = PROJECT / "docs" / "runbook.md"
_HEADING = re.compile(r"^(##+) (.*)\n", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry. `words` are what it is found by, `text` (Markdown) what to do; `meaning` is its first sentence or two."""

    words: tuple[str, ...]
    section: str
    meaning: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        """For a machine to read."""
        return asdict(self)


def entries_of(said: str) -> list[Entry]:
    """The entries of a word as it is written; if there is none, in capitals or not. In a message … stands for what differs."""
    for how in (re.NOFLAG, re.IGNORECASE):
        if found := [
            one for one in entries() if any(_pattern(word, how).fullmatch(said.strip()) for word in one.words)
        ]:
            return found
    return []


def _pattern(word: str, how: re.RegexFlag) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, word.split("…"))), how)


def entries() -> list[Entry]:
    """All of them, in the order of the page. Of a wheel the command is on the path, and not in this folder."""
    page = PAGE.read_text(encoding="utf-8")
    return list(_entries(page if is_clone() else page.replace("./fixtunnel", "fixtunnel")))


def _entries(page: str) -> Iterator[Entry]:
    section = ""
    _, *parts = _HEADING.split(page)
    for level, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        if level == "##":
            section = title
            continue
        words = tuple(re.findall(r"`([^`]+)`", title)) or (title,)
        meaning, _, text = _LINK.sub(r"\1", body).strip().partition("\n\n")
        if text:
            yield Entry(words=words, section=section, meaning=meaning, text=text.strip())
