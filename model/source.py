"""A YAML file with the place of each of its values, so that a fault can name line and column."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent

from model.faults import Fault, InvalidInput, Path, dotted, shown

_MAX_BYTES = 256 * 1024
_MAX_DEPTH = 16


@dataclass(frozen=True)
class Source:
    """What one file says. `data` is made of plain dicts, lists and scalars."""

    file: str
    folder: FilePath
    data: Any
    _tree: Any

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column, from 1, of the value at `path`; of what holds it where there is no such value."""
        node, place = self._tree, (1, 1)
        for part in path:
            found = _position(node, part)
            if found is None:
                break
            place, node = found, node[part]
        return place

    def value(self, path: Path) -> Any:
        """The value at `path`, or None."""
        node = self.data
        for part in path:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return None
        return node

    def fault(self, path: Path, message: str, *, severity: Any = "error") -> Fault:
        """A fault of the value at `path`."""
        line, column = self.place(path)
        return Fault(
            file=self.file,
            line=line,
            column=column,
            key=dotted(path),
            value=shown(self.value(path), path),
            message=message,
            severity=severity,
        )


def read(path: FilePath) -> Source:
    """Read a YAML file.

    Raises:
        InvalidInput: it cannot be read, or is not YAML, or uses what a settings file has no need of.
    """
    name = str(path)
    try:
        content = path.read_bytes()[: _MAX_BYTES + 1]
        text = content.decode("utf-8")
    except OSError as error:
        raise _refused(name, 1, 1, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _refused(name, line, 1, "is not UTF-8 text; save it as UTF-8") from None
    if len(content) > _MAX_BYTES:
        raise _refused(name, 1, 1, f"is larger than {_MAX_BYTES // 1024} KiB; that is no settings file")
    return parse(text, file=name, folder=path.parent)


def parse(text: str, *, file: str, folder: FilePath) -> Source:
    """Parse YAML text. Raises InvalidInput as `read` does."""
    try:
        _refuse_what_is_not_plain(text, file)
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _refused(file, line, column, f"is not YAML: {_first_line(error.problem or error.context)}") from None
    except (YAMLError, ValueError, ArithmeticError) as error:
        raise _refused(file, 1, 1, f"is not YAML: {_first_line(str(error))}") from None
    return Source(file=file, folder=folder, data=_plain(tree), _tree=tree)


def _refuse_what_is_not_plain(text: str, file: str) -> None:
    """Anchors could make a small file endless, tags could make objects: a settings file needs neither."""
    depth = 0
    for event in YAML(typ="rt").parse(text):
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise _refused(file, line, column, "has a YAML anchor or alias; write the value out")
        if getattr(event, "ctag", None) or (isinstance(event, NodeEvent) and getattr(event, "tag", None)):
            raise _refused(file, line, column, "has a YAML tag; write the plain value")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise _refused(file, line, column, f"is nested deeper than {_MAX_DEPTH} levels")


def _refused(file: str, line: int, column: int, message: str) -> InvalidInput:
    return InvalidInput([Fault(file=file, line=line, column=column, key="", value="", message=message)])


def _first_line(text: str | None) -> str:
    return (text or "it cannot be parsed").strip().splitlines()[0][:200]


def _position(node: Any, part: str | int) -> tuple[int, int] | None:
    """Line and column of a child, from ruamel.yaml's marks (`lc.data`: key line, key column, value line, value column)."""
    if isinstance(node, CommentedMap) and part in node:
        line, column = node.lc.data[part][2:4]
    elif isinstance(node, CommentedSeq) and isinstance(part, int) and 0 <= part < len(node):
        line, column = node.lc.data[part][0:2]
    else:
        return None
    return line + 1, column + 1


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key if isinstance(key, str) else str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return None if node is None else str(node)
