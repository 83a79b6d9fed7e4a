"""A rehearsal that is kept up waits for a signal where there is no terminal, and says that it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.paths import ROOT

_PROGRAM = """
import os, signal, sys
from pathlib import Path
import rehearsal.command as command
signal.signal(signal.SIGINT, signal.SIG_IGN)
from tests.unit.rehearsal.test_command_line import EmptyStage, Refused
from typing import Any
from ops.interrupts import end_at_once

class Passed(Refused):
    def run(self) -> None:
        self.report.verdict = "passed"

class Ours(EmptyStage):
    client = first_venue = "lse-proquote"
    venues = {"lse-proquote": None}

here = Path(sys.argv[1])
os.geteuid = lambda: 0
command.sweep = lambda: ()
command.out_of, command.up = lambda client: here / "out" / client, lambda: here / "up"
command.Stage = lambda **given: Ours(run_dir=here, **given)
command.Rehearsal = Passed
sys.argv = ["rehearsal", "lse-proquote", "--keep"]
end_at_once(in_background=True)
sys.exit(command.main())
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_without_a_terminal_and_with_ctrl_c_ignored_it_waits_for_a_signal(tmp_path: Path, ending: int) -> None:
    begun = subprocess.Popen(
        [sys.executable, "-u", "-c", _PROGRAM, str(tmp_path)], cwd=ROOT, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while not (tmp_path / "up").exists() and time.monotonic() < end and begun.poll() is None:
            time.sleep(0.1)
        time.sleep(1)
        assert begun.poll() is None, begun.communicate()[0]
        os.kill(begun.pid, ending)
        said, _ = begun.communicate(timeout=60)
    finally:
        begun.kill()
    assert begun.returncode == 0, said
    assert f"kill {begun.pid}" in said
    assert said.rstrip().endswith("It is all taken down.")
    assert not (tmp_path / "up").exists()
