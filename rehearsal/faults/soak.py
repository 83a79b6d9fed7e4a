"""Anything on the gateway killed at random, for as long as wanted; then everything must be as if nothing had been."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene, SceneFailed

# Not the trader's engine, whose death is the trader's, nor what only this rehearsal needs to ask the gateway.
_SPARED = ("rehearsal.fix", "qemu-ga", "systemd-run", "/bin/sh -c ps")
_PAUSE_S = (5.0, 25.0)
_LIST = "ps -eo pid=,ppid=,args="


def soaking(*, minutes: float, seed: int) -> Fault:
    """A fault that lasts: a random process of the gateway is killed every few seconds."""

    @contextmanager
    def happen(scene: Scene) -> Iterator[None]:
        chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            victim, name = chance.choice(_victims(scene))
            scene.on_gateway(f"kill -KILL {victim}", may_fail=True)
            print(f"  killed {name}", flush=True)
            scene.hold(min(chance.uniform(*_PAUSE_S), max(0.0, end - time.monotonic())))
        yield

    what = f"anything on the gateway killed at random for {minutes:g} minutes (seed {seed})"
    return Fault(number=0, name="soak", what=what, happen=happen, limit=180)


def _victims(scene: Scene) -> list[tuple[int, str]]:
    """Every process of the gateway in user space but init."""
    rows = (line.split(None, 2) for line in scene.on_gateway(_LIST).splitlines())
    # Kernel threads are children of 2, and in brackets.
    found = [
        (int(pid), args[:60])
        for pid, parent, args in rows
        if pid not in ("1", "2") and parent != "2" and not any(spared in args for spared in _SPARED)
    ]
    if not found:
        raise SceneFailed("no process to kill on the gateway")
    return found
