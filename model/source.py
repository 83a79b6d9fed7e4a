"""A YAML file with the place of each of its values, so that a fault can name line and column."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path as FilePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.parser import Parser
from ruamel.yaml.resolver import VersionedResolver

from model.faults import Fault, InvalidInput, Path, dotted, first, shown


class Unreadable(Exception):
    """The file cannot be read, for this reason."""


def content(path: FilePath, *, most: int) -> bytes:
    """The whole of a regular file of `most` bytes or fewer.

    A pipe would be waited for, and a device or a sparse file would fill the memory: so the kind is looked at before the
    first byte, and one byte more than the limit is the last that is read.

    Raises:
        Unreadable: it is larger, or no regular file, or the system refuses.
    """
    try:
        with os.fdopen(_opened(path), "rb") as file:
            # A file of the kernel's that is no pipe and waits like one has nothing to read now: None.
            found = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot be read: {getattr(error, 'strerror', None) or 'its name has a NUL'}") from None
    if found is None:
        raise Unreadable("cannot be read: it has no end")
    if len(found) > most:
        raise Unreadable(f"is larger than {_size(most)}")
    return found


def _opened(path: FilePath) -> int:
    """A descriptor of a regular file. O_NONBLOCK: to open a pipe would wait for its writer."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("is not a regular file")
    return descriptor


def _size(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


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


_MAX_DEPTH = 16
_MAX_NODES = 10_000
"""Keys and values. Parsing takes the most time, and by their number: a file of 64 KiB has room for 65,000."""


class NotPlain(MarkedYAMLError):
    """YAML with more than a settings file needs."""


@dataclass(frozen=True)
class Unparsed:
    """Why a text cannot be parsed, and at which line and column, from 1."""

    line: int
    column: int
    message: str


@lru_cache(maxsize=4)
def compose(text: str) -> Node | Unparsed | None:
    """The text as a tree of nodes with their places, or why it is none.

    One command reads a file more than once, and need not parse it again, or fail again: nodes never change.
    """
    # "safe" keeps no comments: that is faster, and ruamel fails on some comments where it keeps them.
    yaml = YAML(typ="safe", pure=True)
    yaml.Parser, yaml.Resolver = _PlainParser, _NoResolver
    try:
        root: Node | None = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = error.problem or error.context
        message = problem if isinstance(error, NotPlain) else f"is not YAML: {_said(problem)}"
        return Unparsed(line, column, message)
    except (YAMLError, ValueError, ArithmeticError) as error:
        return Unparsed(1, 1, f"is not YAML: {_said(str(error))}")
    return root


class _PlainParser(Parser):
    """Anchors could make a small file endless, tags could make objects, and many small values take seconds."""

    _depth = 0
    _nodes = 0

    def get_event(self) -> Any:
        """The next event, if a settings file may have it."""
        event = super().get_event()
        self._depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        self._nodes += isinstance(event, NodeEvent)
        if problem := self._problem(event):
            raise NotPlain(problem=problem, problem_mark=event.start_mark)
        return event

    def _problem(self, event: Any) -> str | None:
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            return "has a YAML anchor or alias; write the value out, or put it in quotes"
        if getattr(event, "ctag", None):
            return "has a YAML tag; write the plain value, or put it in quotes"
        if self._nodes > _MAX_NODES:
            return f"has more than {_MAX_NODES} keys and values; no client or venue needs as many"
        return f"is nested deeper than {_MAX_DEPTH} levels" if self._depth > _MAX_DEPTH else None


class _NoResolver(VersionedResolver):
    """What a plain word means `typed` decides; ruamel's own way to find out takes half of the time."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """One tag for all."""
        return self.DEFAULT_SCALAR_TAG


_MAX_BYTES = 64 * 1024
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
        mark = self.node.start_mark if self.node else None
        for end in range(1, len(path) + 1):
            if path[:end] not in self._places:
                break
            key, child = self._places[path[:end]]
            at_key = (of_key and end == len(path)) or not isinstance(child, ScalarNode)
            mark = (key if key and at_key else child).start_mark
        return (mark.line + 1, mark.column + 1) if mark else (1, 1)

    @cached_property
    def _places(self) -> dict[Path, tuple[Node | None, Node]]:
        """Made once: a file with a thousand faults is not searched a thousand times."""
        return dict(_placed(self.node))

    def value(self, path: Path) -> Any:
        """The value at `path`, or None."""
        node = self.data
        for part in path:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return None
        return node

    def says(self, path: Path) -> bool:
        """Whether the value at `path` is the file's own, and not laid over it by a person at the command line."""
        return True

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

    def as_written(self) -> Any:
        """As `data`, but each scalar is the text that stands in the file: `007` is no 7. None where there is none."""
        return _as_written(self.node)

    def _written(self, path: Path) -> str | None:
        """A scalar as it stands in the file: `007` is not 7."""
        _, node = self._places.get(path, (None, None))
        return node.value if isinstance(node, ScalarNode) else None


def read(path: FilePath) -> Source:
    """Read a YAML file.

    Raises:
        InvalidInput: it cannot be read, or is not YAML, or uses what a settings file has no need of.
    """
    name = typed_here(path)
    try:
        found = content(path, most=_MAX_BYTES)
        text = found.decode("utf-8")
    except Unreadable as unreadable:
        too_large = "; no client or venue needs as much" if "larger" in str(unreadable) else ""
        raise _refused(name, 1, 1, f"{unreadable}{too_large}") from None
    except UnicodeDecodeError as error:
        line = found[: error.start].count(b"\n") + 1
        raise _refused(name, line, 1, "is not UTF-8 text; save it as UTF-8") from None
    return parse(text, file=name, folder=path.parent)


def parse(text: str, *, file: str, folder: FilePath) -> Source:
    """Parse YAML text. Raises InvalidInput as `read` does."""
    if len(text) > _MAX_BYTES:
        raise _refused(file, 1, 1, f"is longer than {_MAX_BYTES} characters")
    node = compose(text)
    if isinstance(node, Unparsed):
        raise _refused(file, node.line, node.column, node.message)
    return Source(file=file, folder=folder, data=_plain(node), faults=tuple(first(_doubled(node, file))), node=node)


def _refused(file: str, line: int, column: int, message: str) -> InvalidInput:
    return InvalidInput([Fault(file=file, line=line, column=column, key="", value="", message=message)])


def _said(text: str | None) -> str:
    first = (text or "it cannot be parsed").strip().splitlines()[0]
    return _QUOTED.sub(lambda quoted: quoted[0] if re.fullmatch("..?|<.*", quoted[2]) else "…", first)[:200]


def typed_here(path: FilePath) -> str:
    """The file's name as a person would type it here."""
    try:
        name = os.path.relpath(path)
    except OSError:  # "here" is a folder that is gone
        return str(path)
    return str(path) if name.startswith("..") else name


def _placed(node: Node | None, path: Path = ()) -> Iterator[tuple[Path, tuple[Node | None, Node]]]:
    """Each value below, with its key if it has one; of a doubled key the last, whose value counts."""
    for key, part, child in _children(node):
        yield (*path, part), (key, child)
        yield from _placed(child, (*path, part))


def _children(node: Node | None) -> Iterator[tuple[Node | None, str | int, Node]]:
    if isinstance(node, MappingNode):
        yield from ((key, _key(key), value) for key, value in node.value)
    elif isinstance(node, SequenceNode):
        yield from ((None, index, value) for index, value in enumerate(node.value))


def _key(node: Node) -> str:
    return node.value if isinstance(node, ScalarNode) else "(a list or a mapping)"


def _plain(node: Node | None) -> Any:
    if isinstance(node, MappingNode):
        return {_key(key): _plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_plain(value) for value in node.value]
    return typed(node.value, is_quoted=bool(node.style)) if isinstance(node, ScalarNode) else None


def _as_written(node: Node | None) -> Any:
    if isinstance(node, MappingNode):
        return {_key(key): _as_written(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_as_written(value) for value in node.value]
    return node.value if isinstance(node, ScalarNode) and _plain(node) is not None else None


def _doubled(node: Node | None, file: str, path: Path = ()) -> Iterator[Fault]:
    seen: dict[str | int, int] = {}
    for key, name, value in _children(node):
        if key:
            mark = key.start_mark
            if name in seen:
                message = f"is here twice, first in line {seen[name]}; leave one of them"
                where = {"file": file, "line": mark.line + 1, "column": mark.column + 1}
                yield Fault(**where, key=dotted((*path, name)), value="", message=message)
            seen.setdefault(name, mark.line + 1)
        yield from _doubled(value, file, (*path, name))
