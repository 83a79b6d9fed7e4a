"""A venue's lifetime that is longer than any engine has: the form says what we offer, and an answer with either agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.conftest import Fixtunnel
from tests.ops.test_form_answer import read
from tests.unit.model.example import CLIENT, VENUE, edited, write

TWO_DAYS = {"ike": "{version: 1, proposal: aes256-sha1;modp2048, lifetime: 2d}"}


@pytest.mark.parametrize("theirs", ["48h", "24h", "86400"])
def test_two_days_and_one_agree(fixtunnel: Fixtunnel, tmp_path: Path, theirs: str) -> None:
    told = read(fixtunnel, tmp_path, f"ike: {{version: 1, lifetime: {theirs}}}", venue=TWO_DAYS)
    assert not told["differences"]


def test_half_a_day_does_not(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    (told,) = read(fixtunnel, tmp_path, "ike: {version: 1, lifetime: 12h}", venue=TWO_DAYS)["differences"]
    assert told["key"] == "ike.lifetime"


def test_the_form_says_what_is_offered(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    write(tmp_path, clients={"acme": edited(CLIENT, {})}, venues={"exchange": edited(VENUE, TWO_DAYS)})
    folders = ("--clients-dir", str(tmp_path / "clients"), "--venues-dir", str(tmp_path / "venues"))
    said = fixtunnel(*folders, "form", "acme", "--offline").out
    assert "86400 s (24 h); the venue's own is 172800 s (48 h)" in said
