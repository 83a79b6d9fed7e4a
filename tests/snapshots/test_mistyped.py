"""What an engineer sees at 7 a.m. after twenty mistakes in one file."""

from __future__ import annotations

import pytest

from model.faults import InvalidInput
from model.load import load
from tests.paths import ROOT, VENUES
from tests.snapshots.kept import FOLDER, assert_as_kept


def test_twenty_mistakes_are_twenty_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(InvalidInput) as invalid:
        load(clients=FOLDER / "mistyped/clients", venues=VENUES)
    text = str(invalid.value) + "\n"
    assert len(text.splitlines()) == 20
    assert "hunter" not in text
    assert_as_kept("mistyped/said.txt", text)
