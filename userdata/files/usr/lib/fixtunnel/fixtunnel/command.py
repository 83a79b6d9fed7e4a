"""Running other programs: with a limit, and with an error that says what they said."""

import subprocess
import time
from collections.abc import Callable

SYSTEMD_SECONDS = 5.0
"""So long the watch waits for systemd, whose answer is a matter of milliseconds: a tunnel must not wait for one that hangs."""


class Failed(Exception):
    """One of our steps failed. `reason` is short enough for CloudFormation: its signal takes 64 characters."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail.strip()
        super().__init__(f"{reason}: {self.detail}" if self.detail else reason)


def run(*argv: str, seconds: float = 60, check: bool = True, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a program to its end, without a shell.

    Raises:
        Failed: it could not be started, ran longer than `seconds`, or (with `check`) ended with an error.
    """
    try:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, errors="replace", timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{argv[0]} took longer than {seconds:.0f} s", " ".join(argv)) from None
    except OSError as error:
        raise Failed(f"{argv[0]} cannot be run", str(error)) from None
    if check and done.returncode:
        raise Failed(f"{argv[0]} failed ({done.returncode})", f"{' '.join(argv)}\n{done.stderr[-2000:]}")
    return done


def retry(attempt: Callable[[], object], *, limit: float, pause: float = 2.0, longest: float = 30.0) -> None:
    """Repeat until `attempt` raises nothing, waiting twice as long each time.

    Raises:
        Failed: the last failure, once `limit` seconds have gone.
    """
    end = time.monotonic() + limit
    while True:
        try:
            attempt()
            return
        except Failed as failure:
            if time.monotonic() + pause >= end:
                raise
            print(f"{failure}\nagain in {pause:.0f} s", flush=True)
        time.sleep(pause)
        pause = min(2 * pause, longest)
