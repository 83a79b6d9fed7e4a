"""A program that takes our place at the terminal, or has it while we wait."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NoReturn

from ops.failure import Failure
from ops.interrupts import held, passing_on, unheard
from ops.options import PROJECT


def python(module: str, *arguments: str) -> list[str]:
    """The command line of a module of this tree."""
    return [sys.executable, "-P", "-m", module, *arguments]


def become(argv: Sequence[str], **more: str) -> NoReturn:
    """Be that program from now on: with our process, terminal and signals. Raises Failure where there is none."""
    sys.stdout.flush()
    sys.stderr.flush()
    program = shutil.which(argv[0])
    if program is None:
        raise Failure(f"{argv[0]} is not installed")
    with _heard_by(argv):
        os.execve(program, list(argv), _environment(more))  # noqa: S606


def wait_for(argv: Sequence[str]) -> int:
    """Run it to its end, which a signal brings nearer: it is passed on, and heard here afterwards.

    Returns its exit status, as a shell tells it.
    """
    with held():
        with _heard_by(argv):
            process = subprocess.Popen(argv, env=_environment({}))
        with passing_on(process.send_signal):
            status = process.wait()
    return status if status >= 0 else 128 - status


def _heard_by(argv: Sequence[str]) -> AbstractContextManager[None]:
    """Our own modules unblock signals themselves, as soon as they have words for them."""
    return unheard() if argv[0] == sys.executable else nullcontext()


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PROJECT), **more}
