"""A program beside us: started, awaited, ended. And the one base of what goes wrong with all that runs on this machine."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from ops.failure import Failure

Seen = TypeVar("Seen")


class RehearsalFailed(Failure):
    """A part of the local AWS or of the rehearsal did not do what it should: what, its evidence, what to do."""


def start(
    argv: Sequence[str],
    *,
    log: Path | None = None,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    lifeline: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own: Ctrl-C is for us, and we end it in its turn.

    Args:
        log: where its words are added; without it they are ours.
        lifeline: whether its standard input is a pipe from us, which closes if we are killed.
    """
    stdin = subprocess.PIPE if lifeline else subprocess.DEVNULL
    if log is None:
        return subprocess.Popen(argv, cwd=cwd, env=environment, stdin=stdin, start_new_session=True)
    with log.open("ab") as out:
        return subprocess.Popen(
            argv, cwd=cwd, env=environment, stdin=stdin, stdout=out, stderr=out, start_new_session=True
        )


def end(process: subprocess.Popen[bytes], *, grace: float) -> bool:
    """End a program; whether it did so itself, within `grace` seconds of SIGTERM. Else it was killed."""
    process.terminate()
    try:
        process.wait(timeout=grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def until(look: Callable[[], Seen], *, limit: float, pause: float = 0.05) -> Seen:
    """Look again and again, for at most `limit` seconds, until something true is seen; what was seen last."""
    deadline = time.monotonic() + limit
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(pause)
    return seen
