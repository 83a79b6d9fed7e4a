"""README.md: its first page is short, and each command in it exists. `test_choice.py` holds its prices."""

from __future__ import annotations

from tests.ops.page import Page, parse_fixtunnel, unknown_to_aws, unknown_to_make

README = Page("README.md")
WORDS_BEFORE_A_TABLE = 600


def test_the_first_page_is_short() -> None:
    before, bar, _ = README.text.partition("\n|")
    assert bar
    assert len(before.split()) <= WORDS_BEFORE_A_TABLE


def test_it_is_easy_to_read() -> None:
    assert README.banned() == []


def test_each_link_leads_somewhere() -> None:
    assert README.dead_links() == []


def test_each_command_exists() -> None:
    assert README.of("./fixtunnel")
    for words in README.of("./fixtunnel"):
        parse_fixtunnel(["status" if word == "VERB" else word for word in words])
    assert [unknown for words in README.of("make") if (unknown := unknown_to_make(words))] == []
    assert [unknown for words in README.of("aws") if (unknown := unknown_to_aws(*words))] == []
