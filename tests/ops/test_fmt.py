"""`fixtunnel fmt`: one way of writing, and nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.files.formatting import formatted
from tests.ops.conftest import Fixtunnel, folders
from tests.paths import ROOT

UNTIDY = """\
# a client
name:   acme   # its name
tunnels:
- venue:    lse-proquote
  sender_comp_ids: [ "ACME" ]
tags:
      owner: 'a  b'
"""
TIDY = """\
# a client
name: acme     # its name
tunnels:
  - venue: lse-proquote
    sender_comp_ids: ["ACME"]
tags:
  owner: 'a  b'
"""


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("clients/*.yaml"), *ROOT.glob("venues/*.yaml")]), ids=lambda one: one.stem
)
def test_the_examples_are_written_so(path: Path) -> None:
    before, after = formatted(path)
    assert before == after


def test_it_writes_what_check_only_names(fixtunnel: Fixtunnel, desk: Path) -> None:
    path = desk / "clients" / "acme.yaml"
    path.write_text(UNTIDY)
    ran = fixtunnel(*folders(desk), "fmt", "--check")
    assert (ran.status, ran.out, path.read_text()) == (1, f"{path}: would change\n", UNTIDY)
    ran = fixtunnel(*folders(desk), "fmt")
    assert (ran.status, path.read_text()) == (0, TIDY)
    assert fixtunnel(*folders(desk), "fmt", "--check").status == 0


def test_what_new_writes_is_written_so(fixtunnel: Fixtunnel, desk: Path) -> None:
    assert fixtunnel(*folders(desk), "new", "acme", "--venue", "lse-proquote", "--sender-comp-id", "A").status == 0
    assert fixtunnel(*folders(desk), "fmt", "acme", "--check").status == 0


@pytest.mark.parametrize(("text", "status"), [("name: [\n", 2), ("a: 1\na: 2\n", 2), ("- &x 1\n- *x\n", 2)])
def test_what_cannot_be_read_stays_as_it_is(text: str, status: int, fixtunnel: Fixtunnel, desk: Path) -> None:
    path = desk / "clients" / "acme.yaml"
    path.write_text(text)
    ran = fixtunnel(*folders(desk), "fmt", "acme")
    assert (ran.status, path.read_text()) == (status, text)
    assert str(path) in ran.err
