"""Each fault that a value can have, alone: `faults/*.txt` says what is changed in the example, and what is said then.

A block is one case. Its first lines change a file, `key: value` with YAML for the value, or `key -` to leave the key
out; its indented lines are all that is said, word for word.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from model import client_rules, venue_rules
from model.faults import Fault
from model.rules import Rule
from tests.unit.model import example

FOLDER = Path(__file__).parent / "faults"


@dataclass(frozen=True)
class Block:
    """One case of a table."""

    table: str
    changes: tuple[str, ...]
    said: tuple[str, ...]

    def edits(self, kind: str) -> example.Edits:
        """The changes to the client or to the venue."""
        edits: dict[str, str] = {}
        for line in (line.removeprefix(f"{kind} ") for line in self.changes if line.startswith(f"{kind} ")):
            key, _, value = line.removesuffix(" -").partition(": ")
            edits[key] = value or example.GONE
        return edits


def blocks() -> Iterator[Block]:
    for path in sorted(FOLDER.glob("*.txt")):
        for text in path.read_text().split("\n\n"):
            lines = [line for line in text.splitlines() if line and not line.startswith("#")]
            changes = tuple(line for line in lines if not line.startswith(" "))
            if lines:
                yield Block(path.stem, changes, tuple(line.strip() for line in lines if line.startswith(" ")))


@cache
def outcome(block: Block) -> tuple[tuple[str, ...], frozenset[str]]:
    """What is said, and by which of the rules between values."""
    found: set[str] = set()

    def noted(rule: Rule) -> Rule:
        def find(*about: Any) -> Iterator[Fault]:
            for fault in rule.find(*about):
                found.add(rule.find.__name__)
                yield fault

        return replace(rule, find=find)

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for module in (client_rules, venue_rules):
            patch.setattr(module, "_RULES", tuple(map(noted, module._RULES)))
        said = example.about(Path(folder), client=block.edits("client"), venue=block.edits("venue"))
    return tuple(said), frozenset(found)


@pytest.mark.parametrize("block", list(blocks()), ids=lambda block: f"{block.table}: {', '.join(block.changes)}")
def test_says(block: Block) -> None:
    assert outcome(block)[0] == block.said


def test_every_rule_has_a_case() -> None:
    found = {rule for block in blocks() for rule in outcome(block)[1]}
    rules = {rule.find.__name__ for module in (client_rules, venue_rules) for rule in module._RULES}
    # What is between two venues takes two: see test_example_files.py.
    assert rules - found == {"_overlaps", "_of_peers", "_one_psk", "_one_ike"}


def test_the_example_has_no_fault(tmp_path: Path) -> None:
    assert example.about(tmp_path) == []
