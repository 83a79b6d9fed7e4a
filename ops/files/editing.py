"""Changing one line of a client file: every comment, order and space of the rest stays, or a person must do it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml.error import YAMLError

from model.faults import InvalidInput
from model.source import parse
from ops.failure import Failure
from ops.files.writing import write_whole

# ruamel's reader that keeps comments raises the first two; what an unusual style does to a count of lines, the rest.
_UNUSUAL = (YAMLError, NotImplementedError, LookupError, TypeError, ValueError, AttributeError, InvalidInput)


def edit(path: Path, change: Callable[[str], str], *, wanted: Any, by_hand: str) -> None:
    """Change the file's text; then it must say what is wanted, and nothing else.

    Raises:
        Failure: it is written so unusually that a person must do it; `by_hand` is what to write.
    """
    text = path.read_bytes().decode("utf-8")
    try:
        new = change(text)
        is_right = parse(new, file=str(path), folder=path.parent).data == wanted
    except _UNUSUAL:
        is_right = False
    if not is_right:
        raise Failure(f"{path} is written in a way that this program does not edit", advice=by_hand)
    write_whole(path, new.encode())
