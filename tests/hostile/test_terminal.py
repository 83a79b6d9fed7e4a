"""What a gateway, a venue, a file's name or AWS says cannot steer the operator's terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from ops.console import VisibleConsole
from ops.streams import Visible, visible
from tests.hostile.command import ran
from tests.unit.model.example import CLIENT, VENUE, about, edited, said, write

CLIPBOARD = "\x1b]52;c;cm0gLXJmIC8=\x07"
STEERING = [
    CLIPBOARD,
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\r",
    "\x08",
    "\u202egpj",
    "\u2066",
    "\u200b",
    "\ud800",
    "\x7f",
]


@pytest.mark.parametrize("text", STEERING, ids=ascii)
def test_it_is_written_out_by_every_way(text: str) -> None:
    for way in (_printed, _in_a_table, _as_text):
        said = way(f"a{text}b")
        assert all(one == "\n" or one.isprintable() for one in said), (way, said)
        assert "\\u" in said


def _printed(text: str) -> str:
    stream = io.StringIO()
    print(text, file=Visible(stream, "standard output"))
    return stream.getvalue()


def _console() -> tuple[VisibleConsole, io.StringIO]:
    stream = io.StringIO()
    return VisibleConsole(file=stream, width=200, markup=False, emoji=False, highlight=False), stream


def _in_a_table(text: str) -> str:
    console, stream = _console()
    table = Table(title=text)
    table.add_column(text)
    table.add_row(text)
    console.print(table)
    return stream.getvalue()


def _as_text(text: str) -> str:
    console, stream = _console()
    console.print(Text(text))
    console.print(text, soft_wrap=True)
    return stream.getvalue()


@given(st.text(st.characters(codec=None)))
def test_json_stays_what_it_was(text: str) -> None:
    assert json.loads(visible(json.dumps(text, ensure_ascii=False))) == text


@pytest.mark.parametrize("text", ["Zürich", "→ – …", "東京", "a\tb\nc"])
def test_what_a_person_reads_stays(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("verb", [("check",), ("check", "--json"), ("cost", "x"), ("choose",)])
def test_a_file_with_such_a_name(tmp_path: Path, verb: tuple[str, ...]) -> None:
    for name in (CLIPBOARD.replace("/", "_"), "\u202ea", "x\ny"):
        (tmp_path / f"{name}.yaml").write_text(VENUE)
    done = ran("--clients-dir", str(tmp_path), *verb)
    assert done.returncode == 2
    assert all(one in "\t\n" or one.isprintable() for one in done.stdout + done.stderr)


@pytest.mark.parametrize("escape", ["u202e", "u200b", "ud800", "ufeff", "u00ad"])
@pytest.mark.parametrize("key", ["description", "contacts.0.name"])
def test_a_form_has_no_character_that_nobody_sees(tmp_path: Path, key: str, escape: str) -> None:
    value = f'"gpj\\{escape}.exe"'
    venue = {"description": value} if key == "description" else {"contacts": f"[{{role: VPN, name: {value}}}]"}
    assert any(f"{key}: " in line and "an invisible character" in line for line in about(tmp_path, venue=venue))


@pytest.mark.parametrize(
    "sign",
    [
        "\u3164",
        "\u115f",
        "\u1160",
        "\u2800",
        "\u034f",
        "\u17b5",
        "\ufe0f",
        "\U000e0101",
        "\uffa0",
        "a" + "\u0301" * 180,
    ],
)
def test_what_nobody_sees_goes_out_in_no_form(tmp_path: Path, sign: str) -> None:
    write(
        tmp_path, clients={"acme": edited(CLIENT, {"description": json.dumps(f"a{sign}b")})}, venues={"exchange": VENUE}
    )
    found = [line for line in said(tmp_path) if "description" in line]
    assert len(found) == 1
    assert "has an invisible character" in found[0] or "marks on one letter" in found[0]


@pytest.mark.parametrize(
    "text",
    ["Ng\u00e2n h\u00e0ng Ti\u1ec7", "Tie\u0302\u0323n", "\u05e9\u05c1\u05b8", "\u0e19\u0e49\u0e33", "\u65e5\u672c"],
)
def test_what_people_write_goes_out(tmp_path: Path, text: str) -> None:
    write(tmp_path, clients={"acme": edited(CLIENT, {"description": json.dumps(text)})}, venues={"exchange": VENUE})
    assert not [line for line in said(tmp_path) if "description" in line]
