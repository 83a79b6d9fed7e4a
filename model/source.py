"""A YAML file with the place of each of its values, so that a fault can name line and column."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from model.faults import Fault, InvalidInput, Path, dotted, shown
from model.scalar import typed

_MAX_BYTES = 256 * 1024
_MAX_DEPTH = 16
# What a parser says may quote the file, and that may be a secret: only single signs and names like <stream end> stay.
_QUOTED = re.compile(r"""(["'])(.*?)\1""")


@dataclass(frozen=True)
class Source:
    """What one file says. `data` is made of plain dicts, lists and scalars, `faults` is what is wrong with its form."""

    file: str
    folder: FilePath
    data: Any
    faults: tuple[Fault, ...] = ()
    node: Node | None = None

    def place(self, path: Path, *, of_key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value at `path`; of its key where it fills lines of its own.

        Where there is no such value, the place of what should hold it.
        """
        node = self.node
        mark = node.start_mark if node else None
        for index, part in enumerate(path):
            key, child = _child(node, part)
            if child is None:
                break
            is_last = index == len(path) - 1
            at_key = (of_key and is_last) or not isinstance(child, ScalarNode)
            node, mark = child, (key if key and at_key else child).start_mark
        return (mark.line + 1, mark.column + 1) if mark else (1, 1)

    def value(self, path: Path) -> Any:
        """The value at `path`, or None."""
        node = self.data
        for part in path:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return None
        return node

    def fault(self, path: Path, message: str, *, severity: Any = "error", of_key: bool = False) -> Fault:
        """A fault of the value at `path`, or of its key."""
        line, column = self.place(path, of_key=of_key)
        return Fault(
            file=self.file,
            line=line,
            column=column,
            key=dotted(path),
            value="" if of_key else shown(self.value(path), path, written=self._written(path)),
            message=message,
            severity=severity,
        )

    def _written(self, path: Path) -> str | None:
        """A scalar as it stands in the file: `007` is no 7 to whoever wrote it."""
        node = self.node
        for part in path:
            node = _child(node, part)[1]
        return node.value if isinstance(node, ScalarNode) else None


def read(path: FilePath) -> Source:
    """Read a YAML file.

    Raises:
        InvalidInput: it cannot be read, or is not YAML, or uses what a settings file has no need of.
    """
    name = typed_here(path)
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
        node = YAML(typ="rt").compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _refused(file, line, column, f"is not YAML: {_said(error.problem or error.context)}") from None
    except (YAMLError, ValueError, ArithmeticError) as error:
        raise _refused(file, 1, 1, f"is not YAML: {_said(str(error))}") from None
    return Source(file=file, folder=folder, data=_plain(node), faults=tuple(_doubled(node, file)), node=node)


def _refuse_what_is_not_plain(text: str, file: str) -> None:
    """Anchors could make a small file endless, tags could make objects: a settings file needs neither."""
    depth = 0
    for event in YAML(typ="rt").parse(text):
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise _refused(file, line, column, "has a YAML anchor or alias; write the value out, or put it in quotes")
        if getattr(event, "ctag", None) or (isinstance(event, NodeEvent) and getattr(event, "tag", None)):
            raise _refused(file, line, column, "has a YAML tag; write the plain value, or put it in quotes")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise _refused(file, line, column, f"is nested deeper than {_MAX_DEPTH} levels")


def _refused(file: str, line: int, column: int, message: str) -> InvalidInput:
    return InvalidInput([Fault(file=file, line=line, column=column, key="", value="", message=message)])


def _said(text: str | None) -> str:
    first = (text or "it cannot be parsed").strip().splitlines()[0]
    return _QUOTED.sub(lambda quoted: quoted[0] if re.fullmatch("..?|<.*", quoted[2]) else "…", first)[:200]


def typed_here(path: FilePath) -> str:
    """The file's name as a person would type it here."""
    name = os.path.relpath(path)
    return str(path) if name.startswith("..") else name


def _child(node: Node | None, part: str | int) -> tuple[Node | None, Node | None]:
    """The key, if it has one, and the value of a child; of a doubled key the last, whose value counts."""
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in reversed(node.value) if _key(key) == part), (None, None))
    if isinstance(node, SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
        return None, node.value[part]
    return None, None


def _key(node: Node) -> str:
    return node.value if isinstance(node, ScalarNode) else "(a list or a mapping)"


def _plain(node: Node | None) -> Any:
    if isinstance(node, MappingNode):
        return {_key(key): _plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_plain(value) for value in node.value]
    return typed(node.value, is_quoted=bool(node.style)) if isinstance(node, ScalarNode) else None


def _doubled(node: Node | None, file: str, path: Path = ()) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for index, child in enumerate(node.value if isinstance(node, MappingNode | SequenceNode) else ()):
        key, value = child if isinstance(node, MappingNode) else (None, child)
        name = _key(key) if key else index
        if key and isinstance(name, str):
            mark = key.start_mark
            if name in seen:
                message = f"is here twice, first in line {seen[name]}; leave one of them"
                where = {"file": file, "line": mark.line + 1, "column": mark.column + 1}
                yield Fault(**where, key=dotted((*path, name)), value="", message=message)
            seen.setdefault(name, mark.line + 1)
        yield from _doubled(value, file, (*path, name))
