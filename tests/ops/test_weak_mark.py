"""A mark in a client file: one line changes, whatever way it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.source import read
from ops.files.editing import mark

BLOCK = """\
name: acme
tunnels:
  - peer: A  # first
    venue: one   # a remark
    sender_comp_ids: [A]
  - {venue: two, role: standby} # b
"""
DASHES = "tunnels:\n- venue: one\n- {venue: two}\n"
FLOW = "tunnels: [{venue: one}, {peer: B, venue: two}]\n"


@pytest.mark.parametrize("text", [BLOCK, DASHES, FLOW])
@pytest.mark.parametrize("index", [0, 1])
def test_one_tunnel_is_marked_and_unmarked(text: str, index: int, tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(text)
    before = read(path).data
    mark(path, index, is_weak=True)
    after = read(path).data
    assert [tunnel.pop("weak_psk", None) for tunnel in after["tunnels"]] == [
        True if n == index else None for n in (0, 1)
    ]
    assert after == before
    assert [word for word in text.split() if word.lstrip("[{") not in path.read_text()] == []
    mark(path, index, is_weak=False)
    assert read(path).data["tunnels"][index]["weak_psk"] is False
    mark(path, index, is_weak=False)


def test_what_is_not_marked_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(BLOCK)
    mark(path, 0, is_weak=False)
    assert path.read_text() == BLOCK
