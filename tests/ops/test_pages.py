"""Every page of the documentation: its links lead somewhere, and each command in it exists."""

from __future__ import annotations

import pytest

from tests.ops.page import Page, parse_fixtunnel, unknown_to_aws, unknown_to_make
from tests.paths import ROOT

PAGES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", ".github/**/*.md")
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("path", PAGES)
def test_no_link_is_dead(path: str) -> None:
    page = Page(path)
    assert page.dead_links() == []
    assert len(page.anchors()) == len(set(page.anchors()))


def test_each_decision_is_in_the_index() -> None:
    folder = ROOT / "docs/decisions"
    listed = (folder / "README.md").read_text()
    for path in folder.glob("0*.md"):
        title = path.read_text().splitlines()[0].removeprefix("# ")
        assert f"- [{title}]({path.name})" in listed


@pytest.mark.parametrize("path", PAGES)
def test_each_command_exists(path: str) -> None:
    page = Page(path)
    for words in page.of("./fixtunnel"):
        parse_fixtunnel(["status" if word == "VERB" else word for word in words])
    assert [unknown for words in page.of("make") if (unknown := unknown_to_make(words))] == []
    assert [unknown for words in page.of("aws") if (unknown := unknown_to_aws(*words))] == []
