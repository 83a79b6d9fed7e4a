"""`venues/catalogue/`: each file is well formed and says whence it is, and what it knows the model accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.folders import file_names
from model.venue import Venue
from ops.files import catalogue
from tests.paths import VENUES


@pytest.mark.parametrize("name", catalogue.names())
def test_an_entry_is_right(name: str) -> None:
    entry, faults = catalogue.checked(name)
    assert not faults
    assert entry and all(guide.title and guide.date and guide.publisher for guide in entry.guides)
    assert entry.venue["description"], "a blank venue has a description at least"


@pytest.mark.parametrize("name", catalogue.names())
def test_what_a_venue_needs_and_a_guide_does_not_say_stands_there_as_a_blank(name: str) -> None:
    text = (catalogue.FOLDER / f"{name}.yaml").read_text()
    needed = {key for key, field in Venue.model_fields.items() if field.is_required()} - {"name", "connection"}
    assert all(f"\n  {key}:" in text for key in needed)


def test_none_is_a_venue_that_could_be_deployed() -> None:
    assert not {*catalogue.names()} & {*file_names(VENUES)}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("guides: []\nvenue: {}\n", "guides"),
        ("guides: [{title: A, publisher: B}]\nvenue: {}\n", "guides.0.date"),
        ("guides: [{title: A, publisher: B, date: C}]\nvenue: {ike: {version: 3}}\n", "ike.version"),
        ("guides: [{title: A, publisher: B, date: C}]\nvenue: {remote_networks: [224.0.0.0/4]}\n", "remote_networks.0"),
        ("guides: [{title: A, publisher: B, date: C}]\nvenue: {peer: {}}\nmore: 1\n", "more"),
    ],
)
def test_what_is_wrong_in_one_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, wrong: str) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    (tmp_path / "broken.yaml").write_text(said)
    catalogue.checked.cache_clear()
    assert wrong in [fault.key for fault in catalogue.checked("broken")[1]]
    catalogue.checked.cache_clear()
