"""A network namespace (ip-netns(8)), the commands that are run in it, and the cable between two (veth(4))."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from localaws.program import RehearsalFailed, until


class CommandFailed(RehearsalFailed):
    """A command failed or did not end: which one, and its own words."""


def run(argv: Sequence[str], *, stdin: str | None = None, limit: float = 30) -> str:
    """Run a command for at most `limit` seconds and return what it printed.

    Raises:
        CommandFailed: it failed or did not end.
    """
    words = " ".join(argv)
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"`{words}` did not end within {limit:g} s") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip() or "nothing"
        raise CommandFailed(f"`{words}` ended with status {done.returncode} and said: {said}")
    return done.stdout


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
        return until(lambda: not self.processes, limit=_END_S, pause=0.02)


def link(*, ends: tuple[Namespace, Namespace], names: tuple[str, str], mtu: int = 1500) -> None:
    """Lay a cable between two namespaces, up at both ends and without addresses. It goes when either namespace goes.

    Args:
        ends: the two namespaces.
        names: the interface's name in each, at most 15 characters.
    """
    one, other = ends
    one.ip(
        *("link", "add", names[0], "mtu", str(mtu), "type", "veth"),
        *("peer", "name", names[1], "mtu", str(mtu), "netns", other.name),
    )
    for space, name in zip(ends, names, strict=True):
        space.ip("link", "set", name, "up")
