"""What a report is evidence of: when it was made, of which state of the product, and on which machine."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from model.product import version

_ROOT = Path(__file__).parent.parent.parent
_UNKNOWN = "unknown: not a clone"
_LIMIT_S = 10
EMULATED = "The gateway’s processor is emulated: on EC2 each of these times is several times shorter."
"""What stands beside every time that the gateway took part in."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a report comes from.

    Args:
        made: when the run began, in UTC, to the second.
        version: the product's, of pyproject.toml.
        commit: of the clone; with a remark where files were changed since.
        host: name, system, kernel, processors and Python of the machine.
    """

    made: str
    version: str
    commit: str
    host: str

    def __str__(self) -> str:
        return f"{self.made}, fixtunnel {self.version}, commit {self.commit}, on {self.host}"


def origin() -> Origin:
    """Of a report that is begun here and now."""
    return Origin(made=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", version=version(), commit=_commit(), host=_host())


def _commit() -> str:
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return _UNKNOWN
    return f"{commit} with changes" if _git("status", "--porcelain") else commit


def _git(*words: str) -> str:
    argv = ["git", "-C", str(_ROOT), *words]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if not done.returncode else ""


def _host() -> str:
    return (
        f"{platform.node()} ({platform.system()} {platform.release()} {platform.machine()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()})"
    )
