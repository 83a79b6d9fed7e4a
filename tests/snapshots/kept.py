"""Snapshots as plain files, to be read in review: `UPDATE_SNAPSHOTS=1 pytest tests/snapshots` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent


def assert_as_kept(name: str, text: str) -> None:
    """The text is, byte for byte, what the snapshot file says."""
    path = FOLDER / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    kept = path.read_bytes().decode() if path.exists() else ""
    assert text == kept, f"{path} differs; UPDATE_SNAPSHOTS=1 writes it anew, and `git diff` shows what changed"
