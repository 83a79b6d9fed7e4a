"""Whoever ends a rehearsal, at whatever step, finds nothing of it left: no namespace, mount, process or file."""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from rehearsal.world.network import Namespace, run
from rehearsal.world.sweep import RUNS, sweep
from tests.paths import ROOT

STEPS = ("embedded AWS, bootstrapped", "cdk deploy, until the instance is there", "power on")
"""What is interrupted; a step runs from the end of the one before it."""
START_LIMIT = 600.0  # the image may have to be built
END_LIMIT = 60.0


class Run:
    """`python -m rehearsal` as a user has it, with its temporary files in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self._log = folder / "run.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-m", "rehearsal", "lse-proquote"],
                cwd=ROOT,
                env=os.environ | {"TMPDIR": str(self.temporary)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            sweep()

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def folder(self) -> Path:
        """Its own, by the process that is named in it."""
        pids = {path: path.read_text() for path in RUNS.glob("ft??????-*/pid")}
        return next(path.parent for path, pid in pids.items() if pid == str(self.process.pid))

    def wait_for_step(self, step: str) -> None:
        """Until the step before this one has ended."""
        before = {"embedded AWS, bootstrapped": "✓ image", "power on": "✓ 1 gateway"}.get(step, "✓ embedded AWS")
        self._wait(lambda: before in self.said, what=before)

    def _wait(self, holds: Callable[[], bool], *, what: str) -> None:
        end = time.monotonic() + START_LIMIT
        while not holds():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, f"{what}: not within {START_LIMIT:g} s\n{self.said}"
            time.sleep(0.1)


def left_of(folder: Path) -> list[str]:
    """All that still tells of a run."""
    run_id = folder.name.partition("-")[0]
    spaces = [name for name in subprocess.check_output(["ip", "netns"], text=True).split() if name.startswith(run_id)]
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if run_id in line]
    return spaces + mounts + processes_of(folder) + ([str(folder)] if folder.exists() else [])


def processes_of(folder: Path) -> list[str]:
    """By their arguments or their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:  # gone, or none that we may look at: not ours
            continue
        if str(folder).encode() in told and int(process.name) != os.getpid():
            found.append((process / "comm").read_text().strip())
    return found


def soon_empty(look: Callable[[], list[str]], *, limit: float = 10) -> list[str]:
    """What is still there after a while: a process that was killed takes a moment to go."""
    end = time.monotonic() + limit
    while (left := look()) and time.monotonic() < end:
        time.sleep(0.2)
    return left


@pytest.mark.parametrize(
    ("number", "step"),
    [(signal.SIGINT, STEPS[0]), (signal.SIGTERM, STEPS[1]), (signal.SIGINT, STEPS[2]), (signal.SIGHUP, STEPS[2])],
    ids=["Ctrl-C", "kill", "Ctrl-C while it boots", "the terminal is closed while it boots"],
)
def test_an_interrupt_leaves_nothing(step: str, number: signal.Signals, tmp_path: Path) -> None:
    with Run(tmp_path) as rehearsal:
        rehearsal.wait_for_step(step)
        time.sleep(random.uniform(0, 6))
        folder = rehearsal.folder
        rehearsal.process.send_signal(number)
        assert rehearsal.process.wait(END_LIMIT) != 0
    assert soon_empty(lambda: left_of(folder)) == []
    assert list(rehearsal.temporary.iterdir()) == []
    assert "Traceback" not in rehearsal.said


@pytest.mark.parametrize("step", STEPS[1:])
def test_the_next_run_sweeps_what_a_killed_one_left(step: str, tmp_path: Path) -> None:
    with Run(tmp_path) as rehearsal:
        rehearsal.wait_for_step(step)
        time.sleep(random.uniform(0, 6))
        folder = rehearsal.folder
        rehearsal.process.kill()
        rehearsal.process.wait()
    assert folder.exists(), "SIGKILL cannot be handled"
    assert folder.name[2:8] in sweep()
    assert soon_empty(lambda: left_of(folder)) == []


def test_a_run_that_lives_is_not_swept(tmp_path: Path) -> None:
    alive = tmp_path / "ft00beef-alive"
    alive.mkdir()
    (alive / "pid").write_text(str(os.getpid()))
    assert sweep(tmp_path) == ()
    assert alive.exists()


def test_a_number_that_another_process_got_since_does_not_keep_a_dead_run(tmp_path: Path) -> None:
    dead = tmp_path / "ft00dead-dead"
    dead.mkdir()
    (dead / "pid").write_text("1")
    os.utime(dead / "pid", (1_000_000, 1_000_000))
    assert sweep(tmp_path) == ("00dead",)
    assert not dead.exists()


def test_what_runs_in_a_dead_runs_namespaces_ends(tmp_path: Path) -> None:
    """A machine, for one, which knows nothing of who started it."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    run_id = secrets.token_hex(3)
    dead = tmp_path / f"ft{run_id}-dead"
    dead.mkdir()
    (dead / "pid").write_text(str(ended.pid))
    space = Namespace(f"ft{run_id}-edge")
    run(["ip", "netns", "add", space.name])
    left = subprocess.Popen([*space.prefix, "sleep", "600"])
    assert sweep(tmp_path) == (run_id,)
    assert left.wait(5) != 0
    assert not space.exists
    assert not dead.exists()
