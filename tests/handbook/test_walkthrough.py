"""docs/walkthrough.md is what its commands print. What needs a rehearsal is held to what a test can see without one."""

from __future__ import annotations

import html
import re
import shlex
from itertools import takewhile

import pytest

from handbook.recording import PAGE, Block, blocks, empty_folder
from handbook.terminal import picture, plain, screen
from tests.ops.page import parse_fixtunnel
from tests.paths import ROOT

BLOCKS = tuple(blocks(PAGE.read_text()))
RECORDED = tuple(block for block in BLOCKS if block.commands)
_DIFFERS = re.compile(r"\d{4}-\d\d-\d\d|now (?:open|closed), .*|\d+\.\d s\b")
"""What another day or another machine prints."""


def needs_a_rehearsal(block: Block) -> bool:
    return any(word in command for command in block.commands for word in ("--rehearsal", "--keep"))


def test_each_command_exists() -> None:
    for command in (command for block in RECORDED for command in block.commands):
        program, *words = shlex.split(command)
        assert program in ("fixtunnel", "cd", "cat", "head"), command
        if program == "fixtunnel":
            parse_fixtunnel(words)


def test_what_needs_no_rehearsal_is_printed_today_too() -> None:
    """`make walkthrough` records it again."""
    before = list(takewhile(lambda block: not needs_a_rehearsal(block), BLOCKS))
    assert len(before) > 5
    with empty_folder() as folder:
        for block in before:
            seen = plain(folder.play(block))
            if block.commands:
                assert _DIFFERS.sub("…", seen) == _DIFFERS.sub("…", block.text)


def layers() -> set[str]:
    """Those that the doctor has, by its code."""
    code = "".join(path.read_text() for path in (ROOT / "ops" / "doctor").glob("*.py"))
    return set(re.findall(r'layer="([^"]+)"', code)) | set(re.findall(r'Broken\("([^"]+)"', code))


def test_the_doctor_looked_at_layers_that_it_has() -> None:
    doctors = [block.text for block in RECORDED if "doctor" in block.commands[-1]]
    looked = {name.strip() for text in doctors for name in re.findall(r"^[✓✗–] (.{12})", text, re.MULTILINE)}
    assert len(looked) > 10
    assert sorted(looked - layers()) == []


def drawn(svg: str) -> str:
    """The words of a picture, without space."""
    return re.sub(r"\s", "", html.unescape("".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))))


@pytest.mark.parametrize(
    "block", [block for block in RECORDED if block.drawn], ids=lambda block: block.marks["picture"]
)
def test_a_picture_has_the_words_of_the_page(block: Block) -> None:
    assert block.drawn and block.drawn.is_file()
    svg = block.drawn.read_text()
    assert re.sub(r"\s", "", block.text) in drawn(svg)
    assert "url(http" not in svg and "<image" not in svg, "a page loads nothing from another host"


def test_no_picture_is_left_behind() -> None:
    assert {block.drawn for block in RECORDED if block.drawn} == set(PAGE.parent.glob("pictures/walkthrough-*.svg"))


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("one\r\ntwo\r\n", "one\ntwo"),
        ("waiting\rdone\r\n", "done"),
        ("\x1b[?25l⠋ waiting\r\x1b[2K\x1b[1A\x1b[2Kdone", "done"),
        ("⠋ a\r\n\x1b[1A\x1b[2K⠙ a\r\n\x1b[1A\x1b[2K", ""),
    ],
)
def test_the_screen_is_what_stands_there_in_the_end(printed: str, seen: str) -> None:
    assert plain(screen(printed)) == seen


def test_a_picture_is_the_same_for_the_same_words() -> None:
    assert picture("\x1b[31mno\x1b[0m", title="a b") == picture("\x1b[31mno\x1b[0m", title="a b")
