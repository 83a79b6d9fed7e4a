"""Lists in the site: each numbered step of a page is an item. The hook of `make site` holds it for the pages as built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handbook.lists import as_python_markdown, numbered, steps
from tests.paths import ROOT

WRITTEN = """\
1. Ask:

   ```sh
   ./fixtunnel doctor CLIENT
   2. no step
   ```

   You should see this.
2. Tell.
3. Wait.
- another

10. A tenth.
"""


def test_a_step_after_code_stands_alone_and_the_rest_stays() -> None:
    assert as_python_markdown(WRITTEN).splitlines()[7:11] == ["    You should see this.", "", "2. Tell.", "3. Wait."]
    assert steps(WRITTEN) == 4


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_no_step_of_a_page_is_text_of_the_one_before(page: Path) -> None:
    """Python-Markdown takes a number for text if a paragraph of the item before it ends in the line above."""
    lines = as_python_markdown(page.read_text()).splitlines()
    in_item = has_blocks = False
    swallowed = []
    for above, line in zip(["", *lines], lines, strict=False):
        is_step = bool(re.match(r"\d+\. ", line))
        swallowed += [line] if is_step and has_blocks and above else []
        in_item = is_step or (in_item and (not line or line.startswith("    ")))
        has_blocks = in_item and not is_step and (has_blocks or not line)
    assert swallowed == []


def test_steps_are_counted_in_a_page_as_built() -> None:
    html = "<ol><li><p>a</p><ul><li>b</li></ul></li><li>2</li></ol><ul><li>c<ol><li>d</li></ol></li></ul>"
    assert numbered(html) == 3
