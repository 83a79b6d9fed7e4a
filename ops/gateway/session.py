"""The way onto a gateway: run a command there, as root, and read what it says.

On AWS it is SSM. Where there is none FIXTUNNEL_SESSION says what stands in for it: `qga:PATH`, the socket of a QEMU guest
agent with {instance} for the instance's id (a rehearsal: `fixtunnel --rehearsal`); `nobody:` where no machine was booted
(`fixtunnel --local`); or a program, which is started with the instance's id and `sh -c COMMAND` as its last arguments.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from typing import Protocol

from ops.failure import Failure

VARIABLE = "FIXTUNNEL_SESSION"
GUEST = "qga:"
NOBODY = "nobody:"


class Unreachable(Failure):
    """The gateway's agent did not answer, or not in time."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that ended on the gateway."""

    status: int
    out: str
    err: str


class Session(Protocol):
    """Runs commands on one gateway. A command may be kept in a history: nothing secret may be in one."""

    def run(self, command: str, *, limit: float = 60) -> Ran:
        """Run a shell command as root, for `limit` seconds at most. Raises Unreachable."""


class NobodySession:
    """No machine was booted: the boot signal was simulated."""

    def run(self, command: str, *, limit: float = 60) -> Ran:
        """Raises Unreachable."""
        raise Unreachable("no machine was booted; the boot signal was simulated", advice="make rehearse boots it")


class ProgramSession:
    """A program in the place of SSM."""

    def __init__(self, program: str, instance_id: str) -> None:
        self._argv = [*shlex.split(program), instance_id]

    def run(self, command: str, *, limit: float = 60) -> Ran:
        """Run a shell command as root. Raises Unreachable."""
        argv = [*self._argv, "sh", "-c", command]
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unreachable(f"{VARIABLE}: {argv[0]} did not end within {limit:.0f} s") from None
        except OSError as error:
            raise Unreachable(f"{VARIABLE}: {argv[0]} cannot be run", evidence=str(error)) from None
        return Ran(status=done.returncode, out=done.stdout, err=done.stderr)


def stand_in() -> str:
    """What stands in for SSM; empty where SSM is asked."""
    return os.environ.get(VARIABLE, "")
