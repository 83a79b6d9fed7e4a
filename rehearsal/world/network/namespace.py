"""A network namespace (ip-netns(8))."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from rehearsal.world.network.command import CommandFailed, run

_END_S = 5.0


@dataclass(frozen=True)
class Namespace:
    """A namespace by name. As a context manager it is made, and removed with everything that still runs in it."""

    name: str

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            # Before it is made: an interrupt between the two must not leave it behind.
            undo.callback(self.remove)
            run(["ip", "netns", "add", self.name])
            self.ip("link", "set", "lo", "up")
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    @property
    def exists(self) -> bool:
        """Whether it is there."""
        return Path("/run/netns", self.name).exists()

    @property
    def prefix(self) -> tuple[str, ...]:
        """What to put before a command so that it runs inside."""
        return ("ip", "netns", "exec", self.name)

    def ip(self, *words: str) -> str:
        """Run ip(8) on it."""
        return run(["ip", "-n", self.name, *words])

    def run(self, *argv: str, stdin: str | None = None, limit: float = 30) -> str:
        """Run a command inside it to its end."""
        return run([*self.prefix, *argv], stdin=stdin, limit=limit)

    def set(self, **sysctls: str | int) -> None:
        """Set sysctls of its own, with `__` for dots: `net__ipv4__ip_forward=1`."""
        self.run("sysctl", "-qw", *(f"{key.replace('__', '.')}={value}" for key, value in sysctls.items()))

    @property
    def processes(self) -> tuple[int, ...]:
        """The ids of the processes in it."""
        return tuple(int(pid) for pid in run(["ip", "netns", "pids", self.name]).split())

    def remove(self) -> None:
        """End what runs in it and remove it; a namespace that is not there is no error.

        Raises:
            CommandFailed: a process in it could not be ended, or it could not be removed.
        """
        if not self.exists:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._end_all(number):
                break
        else:
            raise CommandFailed(f"processes {self.processes} in namespace {self.name} did not end; end them by hand")
        run(["ip", "netns", "del", self.name])

    def _end_all(self, number: signal.Signals) -> bool:
        for pid in self.processes:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + _END_S
        while self.processes and time.monotonic() < deadline:
            time.sleep(0.02)
        return not self.processes
