"""The way to a FIX process: commands go in at one end, answers come out at the other."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from localaws.program import RehearsalFailed

_ROOT = Path(__file__).parents[2]
GUEST_FOLDER = "/opt/fix"
GUEST_UNIT = "rehearsal-fix"


class FixError(RehearsalFailed):
    """A FIX process did not follow a command: which, and its own words."""


def python_here(module: str, *, prefix: Sequence[str] = ()) -> tuple[str, ...]:
    """The command that runs a module with this interpreter, after a prefix such as `ip netns exec x`."""
    return (*prefix, sys.executable, "-m", module)


def guest_command(port: str) -> tuple[str, ...]:
    """What starts the initiator in the guest, behind the virtio-serial port of that name, and returns at once."""
    start = f"exec python3 -m rehearsal.fix.initiator <>/dev/virtio-ports/{port} >&0"
    environment = f"--setenv=PYTHONPATH={GUEST_FOLDER}"
    return ("systemd-run", "--collect", f"--unit={GUEST_UNIT}", environment, "sh", "-c", start)


class Channel(Protocol):
    """Opened once, and closed with the process at its other end."""

    def open(self) -> tuple[IO[str], IO[str]]:
        """Start the process, or reach it: where to read and where to write."""

    def close(self, *, grace: float) -> None:
        """Give the process `grace` seconds to end by itself, then end it."""

    def last_words(self) -> str:
        """What it said before it failed."""


class LocalProcess:
    """A process of this machine, in whatever namespace its command enters."""

    def __init__(self, *, command: Sequence[str], log: Path) -> None:
        self._command = command
        self._log = log
        self._process: subprocess.Popen[str] | None = None

    def open(self) -> tuple[IO[str], IO[str]]:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            process = self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=_ROOT,
                text=True,
                env=os.environ | {"PYTHONPATH": str(_ROOT)},
                process_group=0,  # Ctrl-C is for us, and we stop it in its turn
            )
        assert process.stdout
        assert process.stdin
        return process.stdout, process.stdin

    def close(self, *, grace: float) -> None:
        process = self._process
        if process is None:
            return
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def last_words(self) -> str:
        words = self._log.read_text(errors="replace").strip().splitlines()[-5:] if self._log.exists() else []
        return " / ".join(words) or f"it said nothing; see {self._log}"


class GuestLine:
    """A process in a virtual machine, behind a serial port that is a unix socket here.

    `launch` starts it there, once the line is open: a port without a host at its other end reads as ended.
    """

    def __init__(self, *, path: Path, launch: Callable[[], object]) -> None:
        self._path = path
        self._launch = launch
        self._socket: socket.socket | None = None

    def open(self) -> tuple[IO[str], IO[str]]:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(str(self._path))
        except OSError as error:
            raise FixError(f"the guest's line {self._path} is not there ({error}): is the machine running?") from error
        self._launch()
        return self._socket.makefile("r", encoding="utf-8"), self._socket.makefile("w", encoding="utf-8")

    def close(self, *, grace: float) -> None:
        """The process sees the end of its input and ends."""
        del grace
        if self._socket:
            # Not only closed: a thread that reads from it would wait for good.
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()

    def last_words(self) -> str:
        return "see `journalctl -u rehearsal-fix` in the guest"
