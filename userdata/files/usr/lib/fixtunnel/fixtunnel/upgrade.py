"""Security updates, and the reboot that they may need: in the client's restart window, and never outside it.

The engine's own package is among them, and its upgrade restarts it. Debian's timers for this are switched off.
"""

import sys
import time
from pathlib import Path

from fixtunnel import contract, operations
from fixtunnel.command import SYSTEMD_SECONDS, Failed, run

DONE = Path("/var/lib/fixtunnel/upgraded")
AGAIN_AFTER_SECONDS = 20 * 3600
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
