"""The CDK's command line, installed by npm as our lock pins it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ops.console import waiting
from ops.failure import Failure

_BIN = f"{sys.prefix}/bin"
"""Where the node that came with this command is. Of a command that pipx installed, no shell has it on its path."""


def npx() -> str:
    """How a person starts `npx` in a shell."""
    return "npx" if shutil.which("npx") else f"PATH={_BIN}:$PATH npx"


def install(folder: Path) -> None:
    """`npm ci` in a folder that has the lock. Raises Failure where that fails."""
    path = f"{_BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    argv = ["npm", "ci", "--silent", "--no-audit", "--no-fund"]
    with waiting("npm ci: the CDK's command line"):
        try:
            done = subprocess.run(
                argv, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise Failure("npm is not installed", advice="install Node.js 20 or later, and run it again") from None
    if done.returncode:
        advice = "look at network and proxy, and run it again; --no-npm leaves it out"
        raise Failure("npm ci failed", evidence=(done.stderr or done.stdout)[-2000:], advice=advice)
