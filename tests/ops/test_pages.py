"""Every page of the documentation: its links lead somewhere, and each command in it exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ops.conftest import Fixtunnel
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


HOSTS = """
network: {vpc_id: vpc-12345678, subnet_id: subnet-12345678, availability_zone: eu-west-2a, route_table_ids: [rtb-12345678]}
trading_hosts: [10.64.1.0/24]
"""


def test_the_venue_of_the_page_is_right(tmp_path: Path, fixtunnel: Fixtunnel) -> None:
    """What a reader copies from docs/add-a-venue.md passes `check`, and `new` makes a client of it."""
    page = Page("docs/add-a-venue.md")
    block, ports, hours, calls = re.findall(r"^```yaml\n(.*?)^```$", page.text, re.MULTILINE | re.DOTALL)
    (new,) = [words for words in page.of("./fixtunnel") if words[0] == "new" and words[1] != "venue"]
    (tmp_path / "meridian.yaml").write_text(block)
    folders = (f"--venues-dir={tmp_path}", f"--clients-dir={tmp_path / 'clients'}")
    assert fixtunnel(*folders, *new).status == 0
    checked = fixtunnel(*folders, "check")
    assert checked.status == 0
    assert "no errors" in checked.out
    (tmp_path / "meridian.yaml").write_text(re.sub(r"^session: .*\n", hours, block, flags=re.MULTILINE) + ports)
    (tmp_path / "clients" / "copies.yaml").write_text(f"name: copies\n{HOSTS}{calls}")
    checked = fixtunnel(*folders, "check")
    assert "no errors" in checked.out
    assert (
        "meridian: open Sun 17:00 to Fri 16:00, but not Mon to Thu 16:00 to 17:00 (New York time); now " in checked.out
    )


@pytest.mark.parametrize("path", PAGES)
def test_each_command_exists(path: str) -> None:
    page = Page(path)
    for words in [*page.of("./fixtunnel"), *page.of("fixtunnel")]:
        parse_fixtunnel(["status" if word == "VERB" else word for word in words])
    assert [unknown for words in page.of("make") if (unknown := unknown_to_make(words))] == []
    assert [unknown for words in page.of("aws") if (unknown := unknown_to_aws(*words))] == []
