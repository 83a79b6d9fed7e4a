"""Short commands, run to their end."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence


class CommandFailed(Exception):
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
