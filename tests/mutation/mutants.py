"""Every mutant of a file: one small change each, of a kind that a person makes by mistake.

mutmut knows the kinds (its operators); it tries them in undecorated functions alone, and a threshold or a name that is a
constant, a property, and the firewall's own file are what this is about. So the walk is here.
"""

from __future__ import annotations

import difflib
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, ParentNodeProvider
from mutmut.mutation.mutators import mutation_operators, operator_number, operator_string

# What is said is for a person: a test holds the words that matter, not each.
_SAID = m.Call(
    func=m.OneOf(
        *(m.Name(name) for name in ("print", "said", "Failed", "NoAnswer", "ValueError", "RuntimeError")),
        *(m.Attribute(attr=m.Name(name)) for name in ("tell", "_tell", "told")),
    )
)
_LEFT_ALONE = (m.Decorator(), m.Assert(), m.Import(), m.ImportFrom(), _SAID)


Found = tuple[str, cst.CSTNode, cst.CSTNode]
"""In which function, which node, and what it becomes."""


One = TypeVar("One")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """`what` are the changed lines, before and after, which survive a move within the file."""

    what: str
    source: str


def of_python(
    source: str, *, within: tuple[str, ...] = (), types: bool = False, sample: int = 0, seed: int = 0
) -> tuple[int, list[Mutant]]:
    """Of a module: of how many, and those that were drawn.

    Args:
        within: the functions that are meant; empty for the whole.
        types: whether the words and fields of its types are meant too: of a contract they are the content.
        sample: so many, drawn at random; 0: all. To write out each takes a while.
        seed: another seed draws others, and one draws the same ones each time.
    """
    wrapper = MetadataWrapper(cst.parse_module(source))
    walk = _Walk(within=within, types=types)
    wrapper.visit(walk)
    made: dict[str, Mutant] = {}
    for where, node, changed in _drawn(walk.found, sample, seed):
        code = cst.ensure_type(wrapper.module.deep_replace(node, changed), cst.Module).code
        if code != source:
            made[code] = made.get(code) or Mutant(what=where + _difference(source, code), source=code)
    return len(walk.found), [*made.values()]


def _drawn(found: Sequence[One], size: int, seed: int) -> Sequence[One]:
    if not 0 < size < len(found):
        return found
    return [found[number] for number in sorted(random.Random(seed).sample(range(len(found)), size))]


class _Walk(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (ParentNodeProvider,)

    def __init__(self, *, within: tuple[str, ...], types: bool) -> None:
        super().__init__()
        self.found: list[Found] = []
        self._within = within
        self._types = types
        self._names: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if any(m.matches(node, kind) for kind in _LEFT_ALONE):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._names.append(node.name.value)
        if isinstance(node, cst.Annotation):
            self._type(node)
            return False
        if not self._within or set(self._names) & set(self._within):
            for changed in self._changes(node):
                self._note(node, changed)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._names.pop()

    def _note(self, node: cst.CSTNode, changed: cst.CSTNode) -> None:
        self.found.append((f"{'.'.join(self._names)}: " if self._names else "", node, changed))

    def _changes(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        if m.matches(node, m.SimpleStatementLine(body=[m.Expr(value=m.Call() | m.Await())])):
            yield cst.ensure_type(node, cst.SimpleStatementLine).with_changes(body=[cst.Pass()])
        for kind, operator in mutation_operators:
            if not isinstance(node, kind):
                continue
            if operator is operator_number:
                yield from _another_number(cst.ensure_type(node, cst.BaseNumber))
            elif operator is operator_string:
                # Another case of the letters shows no more than another word does.
                yield from list(operator_string(cst.ensure_type(node, cst.BaseString)))[:1]
            else:
                yield from operator(node)

    def _type(self, node: cst.Annotation) -> None:
        """A field's name, and the words that a literal type allows."""
        field = self.get_metadata(ParentNodeProvider, node)
        if not self._types:
            return
        if isinstance(field, cst.AnnAssign) and not field.value and isinstance(field.target, cst.Name):
            self._note(field.target, field.target.with_changes(value=f"{field.target.value}_xx"))
        for word in m.findall(node, m.SimpleString()):
            self._note(word, next(iter(operator_string(cst.ensure_type(word, cst.SimpleString)))))


def _another_number(node: cst.BaseNumber) -> Iterator[cst.BaseNumber]:
    """A limit that is a second longer is a matter of taste, one that is twice as long a mistake."""
    if isinstance(node, cst.Integer | cst.Float):
        value = node.evaluated_value
        yield node.with_changes(value=repr(value * 2 if value > 2 else value + 1))


# A line of a firewall, or of its template.
_KEPT_WORDS = {"drop": "accept", "accept": "drop", "exists": "missing", "missing": "exists", "!=": "==", "==": "!="}
_STRUCTURE = re.compile(r"^\s*(#|$|table|chain|set|\}|include|define|\{%-? (endfor|endif))")


def of_text(source: str, *, sample: int = 0, seed: int = 0) -> tuple[int, list[Mutant]]:
    """Of a file that nft reads: each rule taken away, each verdict and condition turned round, each number changed."""
    found = list(_of_lines(source))
    return len(found), [*_drawn(found, sample, seed)]


def _of_lines(source: str) -> Iterator[Mutant]:
    lines = source.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.lstrip().startswith("#") or not line.strip():
            continue
        changes = [] if _STRUCTURE.match(line) else ["\n"]
        changes += (
            line[: found.start()] + _KEPT_WORDS[found[0]] + line[found.end() :]
            for found in re.finditer(r"\b(drop|accept|exists|missing)\b|!=|==", line)
        )
        changes += (
            line[: found.start()] + str(int(found[0]) + 1) + line[found.end() :]
            for found in re.finditer(r"(?<![\w.])\d+\b", line)
        )
        changes += [line.replace("saddr", "daddr"), line.replace("daddr", "saddr"), line.replace(" not ", " ")]
        for changed in dict.fromkeys(changes):
            if changed != line:
                code = "".join([*lines[:number], changed, *lines[number + 1 :]])
                yield Mutant(what=_difference(source, code), source=code)


def _difference(source: str, code: str) -> str:
    sides: dict[str, list[str]] = {"-": [], "+": []}
    for line in difflib.ndiff(source.splitlines(), code.splitlines()):
        if line[0] in sides:
            sides[line[0]].append(line[2:].strip())
    return f"{' '.join(sides['-'])} -> {' '.join(sides['+'])}"
