"""Security updates, and the reboot that they may need: in the client's restart window, and never outside it.

The engine's own package is among them, and its upgrade restarts it. Debian's timers for this are switched off.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from fixtunnel import contract, operations
from fixtunnel.command import SYSTEMD_SECONDS, Failed, run
from fixtunnel.contract_of_pair import PairFacts

DONE = Path("/var/lib/fixtunnel/upgraded")
AGAIN_AFTER_SECONDS = 20 * 3600
PARTNER_FIRST_SECONDS = 1800.0
"""The gateway that stands by has so long for its updates and its reboot."""
REBOOT_REQUIRED = Path("/run/reboot-required")
TIMERS = ("apt-daily.timer", "apt-daily-upgrade.timer")


def is_due(now: float) -> bool:
    """Whether this window has not seen its upgrade yet. `now` is Unix time."""
    try:
        return now - DONE.stat().st_mtime >= AGAIN_AFTER_SECONDS
    except OSError:
        return True


def begin() -> None:
    """Begin, and return at once."""
    DONE.touch()
    run("systemctl", "start", "--no-block", contract.UPGRADE_UNIT, seconds=SYSTEMD_SECONDS)


class Updates:
    """Begins them. Of two gateways the one that stands by goes first; the other one half an hour later, if that is well.

    Args:
        tell: takes what is said.
        pair: how the pair is, where there are two gateways.
    """

    def __init__(self, tell: Callable[[str], None], pair: Callable[[], PairFacts | None] | None) -> None:
        self._tell = tell
        self._pair = pair
        self._opened_at = time.monotonic()

    def look(self, *, in_window: bool, held: bool, now: float) -> None:
        """`held`: whether this gateway has the Elastic IP."""
        if not in_window:
            self._opened_at = now
        elif self._may_begin(held, now) and is_due(time.time()):
            self._tell("the restart window is open: security updates begin")
            begin()

    def _may_begin(self, held: bool, now: float) -> bool:
        if not self._pair:
            return held
        pair = self._pair()
        is_late = now - self._opened_at >= PARTNER_FIRST_SECONDS
        return pair is not None and pair["heard"] and (not held or (pair["fit"] == 2 and is_late))


def main() -> int:
    """Upgrade, and reboot if that is needed and the window is still open; the exit status."""
    try:
        run("apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", "update", seconds=600)
        run("unattended-upgrade", seconds=3600)
    except Failed as failure:
        print(f"fixtunnel: no security updates: {failure}", flush=True)
        return 1
    if REBOOT_REQUIRED.exists():
        if operations.remembered().may_restart(time.time()):
            run("systemctl", "reboot")
        else:
            print("fixtunnel: a reboot is needed, and waits for the next restart window", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
