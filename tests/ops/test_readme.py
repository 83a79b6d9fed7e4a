"""README.md: its first page is short. `test_pages.py` holds its commands and links, `test_choice.py` its prices."""

from __future__ import annotations

from ops.deploying.downtime import REPLACEMENT_PARTS, REPLACEMENT_SECONDS
from ops.deploying.planning import _of_changes
from tests.ops.page import Page

README = Page("README.md")
WORDS_BEFORE_A_TABLE = 600


def test_the_first_page_is_short() -> None:
    before, bar, _ = README.text.partition("\n|")
    assert bar
    assert len(before.split()) <= WORDS_BEFORE_A_TABLE


def test_it_is_easy_to_read() -> None:
    assert README.banned() == []


def test_the_downtime_is_plans_and_says_what_it_is_made_of() -> None:
    assert f"down for about {REPLACEMENT_SECONDS} s: {REPLACEMENT_PARTS} |" in README.text
    (words,) = _of_changes("replaces the gateway", REPLACEMENT_SECONDS, is_public=True)
    assert f"down for about {REPLACEMENT_SECONDS} s ({REPLACEMENT_PARTS})" in words
