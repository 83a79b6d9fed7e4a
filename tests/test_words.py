"""Plain English in every text that a person reads. The list is `tests/words.py`."""

from __future__ import annotations

import pytest

from tests.ops.page import Page
from tests.ops.test_pages import PAGES
from tests.paths import ROOT
from tests.words import hard, strings

GENERATED = ("docs/fields.md", "docs/commands.md", "docs/json.md", "docs/permissions.md")
AREAS = ("constructs", "stacks", "handbook", "userdata", "model", "ops", "localaws", "rehearsal", "bench")


@pytest.mark.parametrize(
    "text", ["He was told.", "the table,\nanew", "Were it to fail, call.", "Wait; had the venue sent it, go on."]
)
def test_the_list_sees(text: str) -> None:
    assert hard(text)


@pytest.mark.parametrize(
    "text", ["If it were to fail, call.", "It had the address.", "What should it do?", "the unfolded one"]
)
def test_the_list_lets_pass(text: str) -> None:
    assert not hard(text)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_plain(path: str) -> None:
    assert hard(Page(path).plain()) == []


@pytest.mark.parametrize("area", AREAS)
def test_what_a_program_says_is_plain(area: str) -> None:
    files = sorted((ROOT / area).rglob("*.py"))
    found = {
        f"{path.relative_to(ROOT)}:{line}": words
        for path in files
        for line, text in strings(path)
        if (words := hard(text))
    }
    assert found == {}
