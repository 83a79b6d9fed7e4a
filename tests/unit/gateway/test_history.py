"""What a gateway remembers of a tunnel's past: its last changes, and its last incident by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtunnel.contract import TunnelState
from fixtunnel.history import FOLDER, MOST_CHANGES, History

TUNNEL = "LSE_Proquote"


def after(folder: Path, *states: TunnelState) -> History:
    """A change a minute from 60."""
    history = History(TUNNEL, folder)
    for minute, state in enumerate(states, start=1):
        history.note(state, 60 * minute)
    return history


def test_a_new_tunnel_has_no_past(tmp_path: Path) -> None:
    assert (History(TUNNEL, tmp_path).changes, History(TUNNEL, tmp_path).incident) == ([], None)


def test_changes_are_told_the_oldest_first(tmp_path: Path) -> None:
    assert after(tmp_path, "trying", "up").changes == [{"at": 60, "state": "trying"}, {"at": 120, "state": "up"}]


def test_an_incident_begins_where_it_was_up_and_ends_when_it_is_again(tmp_path: Path) -> None:
    history = after(tmp_path, "up", "one-way", "down", "trying")
    assert history.incident == {"at": 120, "state": "one-way", "until": None}
    history.note("up", 300)
    assert history.incident == {"at": 120, "state": "one-way", "until": 300}
    history.note("up", 360)
    assert history.incident == {"at": 120, "state": "one-way", "until": 300}, "it was up already"
    history.note("down", 420)
    assert history.incident == {"at": 420, "state": "down", "until": None}


@pytest.mark.parametrize("states", [("trying", "down", "up"), ("up", "up"), ("waiting-for-psk", "trying")])
def test_what_was_never_up_has_no_incident(states: tuple[TunnelState, ...], tmp_path: Path) -> None:
    assert after(tmp_path, *states).incident is None


def test_a_long_trouble_does_not_push_its_own_beginning_out(tmp_path: Path) -> None:
    """The state file of eight tunnels must fit into what SSM returns."""
    assert MOST_CHANGES == 20
    history = after(tmp_path, "up", "one-way", *(["down", "trying"] * 15))
    assert len(history.changes) == MOST_CHANGES
    assert history.changes[-1] == {"at": 60 * 32, "state": "trying"}
    assert history.incident == {"at": 120, "state": "one-way", "until": None}


def test_all_of_it_outlives_a_restart(tmp_path: Path) -> None:
    history = after(tmp_path, "up", "down")
    again = History(TUNNEL, tmp_path)
    assert (again.changes, again.incident) == (history.changes, history.incident)
    again.note("up", 999)
    assert History(TUNNEL, tmp_path).incident == {"at": 120, "state": "down", "until": 999}
    assert History("Another", tmp_path).changes == []
    assert Path("/var/lib/fixtunnel") == FOLDER


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", '{"changes": [{"at": "x"}]}', '{"changes": 5, "incident": null}', '{"changes": []}']
)
def test_what_cannot_be_read_is_not_remembered(kept: str, tmp_path: Path) -> None:
    (tmp_path / f"history-{TUNNEL}.json").write_text(kept)
    history = History(TUNNEL, tmp_path)
    assert (history.changes, history.incident) == ([], None)
    history.note("up", 60)
    assert json.loads((tmp_path / f"history-{TUNNEL}.json").read_text())["changes"] == [{"at": 60, "state": "up"}]


def test_a_disk_that_takes_nothing_keeps_nobody_from_the_tunnel(tmp_path: Path) -> None:
    history = after(tmp_path / "missing", "up", "down")
    assert [one["state"] for one in history.changes] == ["up", "down"]


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    after(tmp_path, "up", "down")
    assert [path.name for path in tmp_path.iterdir()] == [f"history-{TUNNEL}.json"]
