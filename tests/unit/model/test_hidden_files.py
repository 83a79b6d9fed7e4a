"""What an editor leaves beside a file is neither a client nor a venue."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.load import load
from ops.loading import client_names
from ops.options import Settings
from tests.unit.model.example import CLIENT, VENUE, write

LEFT = (".#{}.yaml", ".{}.yaml.swp", "{}.yaml~", "#{}.yaml#", ".{}.yaml", "{}.yaml.bak")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, clients={"acme": CLIENT}, venues={"exchange": VENUE})
    for kind, name in (("clients", "acme"), ("venues", "exchange")):
        for left in LEFT:
            (tmp_path / kind / left.format(name)).write_text("what: {was here before\n")
    # Emacs's lock is a link that leads nowhere.
    (tmp_path / "clients/.#other.yaml").symlink_to("user@host.1234:1700000000")
    return tmp_path


def test_it_is_not_loaded(folder: Path) -> None:
    loaded = load(clients=folder / "clients", venues=folder / "venues")
    assert [one.client.name for one in loaded.deployments] == ["acme"]


def test_the_command_does_not_count_it(folder: Path) -> None:
    settings = Settings(clients=folder / "clients", venues=folder / "venues")
    assert client_names(settings, []) == ["acme"]
