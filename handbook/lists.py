"""Lists of our pages, as Python-Markdown reads them: GitHub takes more. It needs no mkdocs."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_ITEM = re.compile(r"(?:[-*]|\d+\.) ")
_STEP = re.compile(r" *\d+\. ")
_FENCE = re.compile(r" *```")


def as_python_markdown(page: str) -> str:
    """What stands below a list's text gets four spaces; and the item after a block of code or a paragraph an empty line.

    Without that line the item is text of the paragraph before it, and its number is one that somebody typed.
    """
    lines: list[str] = []
    deeper, is_code, has_blocks = 0, False, False
    for line in page.splitlines():
        item = None if is_code else _ITEM.match(line)
        if item:
            lines += [""] if has_blocks and lines[-1] else []
            deeper, has_blocks = 4 - item.end(), False
        elif line and not line.startswith(" ") and not is_code:
            deeper, has_blocks = 0, False
        elif not line and deeper:
            has_blocks = True
        is_code ^= bool(_FENCE.match(line))
        lines.append(" " * deeper + line if line.startswith("  ") and deeper else line)
    return "\n".join(lines)


def steps(page: str) -> int:
    """How many numbered items a page has, outside its code."""
    found, is_code = 0, False
    for line in page.splitlines():
        is_code ^= bool(_FENCE.match(line))
        found += not is_code and bool(_STEP.match(line))
    return found


def numbered(html: str) -> int:
    """How many items of numbered lists there are."""
    counted = _Numbered()
    counted.feed(html)
    return counted.found


class _Numbered(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found, self._open = 0, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ol", "ul"):
            self._open.append(tag)
        self.found += tag == "li" and self._open[-1:] == ["ol"]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ol", "ul"):
            self._open.pop()
