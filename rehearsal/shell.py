"""A command line inside a rehearsal that is up (`make rehearse KEEP=1`): `python -m rehearsal.shell gateway|venue`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rehearsal.world.machine import AgentSilent
from rehearsal.world.machine.agent import Agent
from rehearsal.world.stage import up


def main(part: str) -> int:
    """Step inside; 2 if nothing is up."""
    if not up().exists():
        print("No rehearsal is up. Start one that stays: fixtunnel rehearse CLIENT --keep", file=sys.stderr)
        return 2
    run_dir, venue = up().read_text().splitlines()
    if part == "venue":
        os.execvp("ip", ["ip", "netns", "exec", venue, "bash"])  # noqa: S606
    return _gateway(next(Path(run_dir).glob("i-*/agent.sock")))


def _gateway(path: Path) -> int:
    """Line by line through the guest's agent: it has no terminal to give."""
    agent = Agent(path)
    print("Each line runs on the gateway as root. Try: fixtunnel-status; ipsec status; journalctl -u fixtunnel-watch")
    while True:
        try:
            line = input("gateway# ")
        except (EOFError, KeyboardInterrupt):
            print()
            return 0
        try:
            done = agent.run(["/bin/sh", "-c", line], stdin=b"", limit=60)
        except AgentSilent as silent:
            print(silent, file=sys.stderr)
            continue
        print(done.stdout + done.stderr, end="")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]) if len(sys.argv) > 1 else 2)
