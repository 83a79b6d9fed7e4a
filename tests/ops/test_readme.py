"""README.md: its first page is short. `test_pages.py` holds its commands and links, `test_choice.py` its prices."""

from __future__ import annotations

from tests.ops.page import Page

README = Page("README.md")
WORDS_BEFORE_A_TABLE = 600


def test_the_first_page_is_short() -> None:
    before, bar, _ = README.text.partition("\n|")
    assert bar
    assert len(before.split()) <= WORDS_BEFORE_A_TABLE


def test_it_is_easy_to_read() -> None:
    assert README.banned() == []
