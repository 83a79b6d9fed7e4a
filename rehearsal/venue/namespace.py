"""A network namespace, and commands in it (ip-netns(8))."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self


class VenueError(Exception):
    """Something of the venue did not work: what, its evidence, and what to do."""


def run(argv: Sequence[str], *, env: dict[str, str] | None = None, limit: float = 30) -> str:
    """Run a short command to its end, for at most `limit` seconds, and return what it printed.

    Raises:
        VenueError: it failed or did not end; with its own words.
    """
    try:
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        raise VenueError(f"`{' '.join(argv)}` did not end within {limit:g} s") from None
    if done.returncode:
        words = (done.stderr or done.stdout).strip() or "nothing"
        raise VenueError(f"`{' '.join(argv)}` ended with status {done.returncode} and said: {words}")
    return done.stdout


@dataclass(frozen=True)
class Namespace:
    """A namespace by name. As a context manager it is made, with loopback up, and removed with all that is in it."""

    name: str

    def __enter__(self) -> Self:
        try:
            run(["ip", "netns", "add", self.name])
            self.ip("link", "set", "lo", "up")
        except BaseException:
            if self.exists:
                self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A process that an interrupt cut loose from its owner would live on in a namespace without a name.
        for process in run(["ip", "netns", "pids", self.name]).split():
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        run(["ip", "netns", "del", self.name])

    @property
    def exists(self) -> bool:
        """Whether it is there."""
        return Path("/run/netns", self.name).exists()

    def ip(self, *words: str) -> str:
        """Run ip(8) on it."""
        return run(["ip", "-n", self.name, *words])

    def run(self, *argv: str, limit: float = 30) -> str:
        """Run a command inside it to its end."""
        return run([*self.prefix, *argv], limit=limit)

    def set(self, **sysctls: str) -> None:
        """Set sysctls of its own, with `__` for dots: `net__ipv4__ip_forward="1"`."""
        self.run("sysctl", "-qw", *(f"{key.replace('__', '.')}={value}" for key, value in sysctls.items()))

    @property
    def prefix(self) -> tuple[str, ...]:
        """What to put before a command so that it runs inside."""
        return ("ip", "netns", "exec", self.name)
