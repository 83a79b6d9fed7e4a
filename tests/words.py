"""The words that make a text hard to read, and the texts that people read: the pages, and what a program prints."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

BANNED = {
    "told": "says who said what: 'reported', 'wrote', 'sent'",
    "anew": "again",
    "of ours": "our …",
    "whoever": "name who it is",
    "nobody": "no …",
    "that which": "what",
    "ourselves": "we",
    "nevertheless": "but",
    "in the place of": "instead of",
    "has still to": "has not … yet",
    "is to be had": "is there",
    "of then": "of that moment",
    "lest": "so that … not",
    "thereof": "of it",
    "whilst": "while",
}
"""Each with what to write."""
INVERTED = re.compile(
    r"(?:^|[.;:,–] )(Were|Had|Should|Could|were|had|should) (?:it|they|he|we|you|this|that|there|the|a) \w+"
)
"""A condition without "if", as far as a list can see one. `Should the …?` is a question."""
_FOUND = re.compile(rf"\b(?<!instead )({'|'.join(BANNED)})\b", re.IGNORECASE)


def hard(text: str) -> list[str]:
    """What is hard to read in a text, with what to write."""
    flat = " ".join(text.split())
    words = [f"{found[1]} ({BANNED[found[1].lower()]})" for found in _FOUND.finditer(flat)]
    return words + [f"{found[0]} (If …)" for found in INVERTED.finditer(flat)]


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Each string of a Python file with its line: messages and docstrings. What an f-string puts in is left out."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
