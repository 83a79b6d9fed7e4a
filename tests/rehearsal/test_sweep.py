"""What the sweep leaves alone: root runs it in a folder where anybody may make files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rehearsal.world.sweep import sweep

GONE = "4194304"  # no process has so high a number


@pytest.mark.parametrize("kind", ["a pipe", "a link to a file", "a linked folder", "another user's"])
def test_nothing_of_a_stranger_is_swept(tmp_path: Path, kind: str) -> None:
    folder, real = tmp_path / "ft00dead-x", tmp_path / "real"
    real.mkdir()
    (real / "pid").write_text(GONE)
    if kind == "a linked folder":
        folder.symlink_to(real)
    else:
        folder.mkdir()
        if kind == "a pipe":
            os.mkfifo(folder / "pid")
        elif kind == "a link to a file":
            (folder / "pid").symlink_to(real / "pid")
        else:
            (folder / "pid").write_text(GONE)
            os.chown(folder, 65534, 65534)
    assert sweep(tmp_path) == ()
    assert (real / "pid").exists()
    assert os.path.lexists(folder / "pid")
