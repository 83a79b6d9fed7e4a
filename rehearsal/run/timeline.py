"""The steps of a rehearsal: shown while they run, and kept with their times."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.status import Status
from rich.text import Text

from ops.interrupts import Interrupted
from rehearsal.report import Step

_STILL_AFTER_S = 10.0


class StepFailed(Exception):
    """A step failed; `step` names it, `since` is when it began (Unix time), the cause is the exception it came from."""

    def __init__(self, step: str, *, since: float) -> None:
        self.step = step
        self.since = since
        super().__init__(step)


@dataclass
class _Running:
    """A step that is not done yet: when it began, and what it does just now."""

    name: str
    at: float
    doing: str = ""

    def does(self, what: str) -> None:
        """What it does from here on."""
        self.doing = what

    def __str__(self) -> str:
        return f"{self.name}: {self.doing}" if self.doing else self.name


class Timeline:
    """Steps, in order. A terminal sees the running one; a file gets a line for each when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begin = time.monotonic()
        self.steps: list[Step] = []

    @property
    def now(self) -> float:
        """Seconds since the rehearsal began."""
        return time.monotonic() - self._begin

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """A step; it gives a function that shows what the step does just now. Raises StepFailed from whatever ends it early."""
        at, since = self.now, time.time()
        running = _Running(name, at)
        with self._shown(running):
            try:
                yield running.does
            except (Exception, Interrupted) as error:
                self._print("✗", name, self.now - at)
                if isinstance(error, StepFailed | Interrupted):
                    raise
                raise StepFailed(name, since=since) from error
        self.add(name, at=at, seconds=self.now - at)
        self._print("✓", name, self.now - at)

    def add(self, name: str, *, at: float, seconds: float, on_gateway: bool = False) -> None:
        """A step that somebody else measured, in seconds since the rehearsal began."""
        by: Literal["rehearsal", "gateway"] = "gateway" if on_gateway else "rehearsal"
        self.steps.append(Step(step=name, seconds=round(seconds, 2), at=round(at, 2), by=by))

    @contextmanager
    def _shown(self, running: _Running) -> Iterator[None]:
        """Shows what it does, and how long it has taken so far: on a terminal each second, in a log now and then."""
        done = threading.Event()
        # Seldom: the gateway's emulated processor needs ours.
        status = self._console.status(Text(f"{running} …"), refresh_per_second=4) if self._console.is_terminal else None
        teller = threading.Thread(target=self._tell, args=(running, done, status), daemon=True)
        with status or nullcontext():
            teller.start()
            try:
                yield
            finally:
                done.set()
                teller.join()

    def _tell(self, running: _Running, done: threading.Event, status: Status | None) -> None:
        # A log that says nothing for minutes looks dead.
        pause = 1.0 if status else _STILL_AFTER_S
        while not done.wait(pause):
            if status:
                status.update(Text(f"{running} … {self.now - running.at:.0f} s"))
            else:
                so_far = f"  … {running}, {self.now - running.at:.0f} s so far"
                self._console.print(so_far, style="dim", highlight=False, markup=False)
                pause *= 2

    def _print(self, sign: str, name: str, seconds: float) -> None:
        style = "green" if sign == "✓" else "red"
        self._console.print(
            f"[{style}]{sign}[/] {name:<58} {seconds:6.1f} s   [dim]at {self.now:6.1f} s[/]", highlight=False
        )
