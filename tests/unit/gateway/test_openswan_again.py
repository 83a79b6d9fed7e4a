"""OpenSwan started again: what a killed pluto left must not keep its script from starting another."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from fixtunnel import engine


def started_again(run: Path, pluto: int | None) -> str:
    """What the script asks of OpenSwan where `run` has the files of this pluto."""
    run.mkdir()
    if pluto:
        (run / "pluto.pid").write_text(f"{pluto}\n")
        (run / "ipsec_setup.pid").touch()
    ipsec = run.parent / "ipsec"
    ipsec.write_text('#!/bin/sh\necho "$*"\n')
    ipsec.chmod(0o755)
    script = engine._AGAIN.replace("/run/pluto", str(run))
    path = {"PATH": f"{run.parent}:{os.environ['PATH']}"}
    return subprocess.run(
        ["/bin/sh", "-c", script], env=path, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_one_that_runs_is_restarted_by_its_own_script(tmp_path: Path) -> None:
    assert started_again(tmp_path / "pluto", os.getpid()) == "setup restart"
    assert (tmp_path / "pluto" / "pluto.pid").exists()


def test_one_that_was_killed_is_cleared_away_and_started(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert started_again(tmp_path / "pluto", gone.pid) == "setup start"
    assert not list((tmp_path / "pluto").iterdir())


def test_one_that_never_ran_is_started(tmp_path: Path) -> None:
    assert started_again(tmp_path / "pluto", None) == "setup start"
