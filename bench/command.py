"""How fast the command answers, as a ratio to a bare interpreter: `python -m bench.command`.

CPU seconds, the best of several runs taken in turns: wall time on a busy machine says more of its neighbours.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 7
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "fixtunnel --help": [str(ROOT / "fixtunnel"), "--help"],
    "fixtunnel check lse-proquote": [str(ROOT / "fixtunnel"), "check", "lse-proquote"],
    "fixtunnel check": [str(ROOT / "fixtunnel"), "check"],
    "fixtunnel form lse-proquote --offline": [str(ROOT / "fixtunnel"), "form", "lse-proquote", "--offline"],
}


def cpu_seconds(argv: list[str]) -> float:
    """User and system time of one run."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and print."""
    best = dict.fromkeys(COMMANDS, float("inf"))
    for _ in range(RUNS):
        for name, argv in COMMANDS.items():
            best[name] = min(best[name], cpu_seconds(argv))
    bare = best["python -c pass"]
    for name, seconds in best.items():
        print(f"{name:<40} {seconds * 1000:6.0f} ms CPU  {(seconds - bare) * 1000:+6.0f} ms  {seconds / bare:5.1f} x")


if __name__ == "__main__":
    main()
