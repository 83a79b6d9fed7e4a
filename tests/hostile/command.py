"""The operator's command as a person starts it: a process of its own, with its streams, folder and environment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from tests.paths import ROOT

FIXTUNNEL = str(ROOT / "fixtunnel")
NO_AWS = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_REGION": "eu-west-2",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_MAX_ATTEMPTS": "1",
}


def environment(**changed: str) -> dict[str, str]:
    """This environment without an AWS of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FIXTUNNEL_"))}
    return {**kept, **NO_AWS, **changed}


def ran(*arguments: str, cwd: Path = ROOT, **how: Any) -> subprocess.CompletedProcess[str]:
    """Run it to its end. No run may end with a traceback, or with an error that the command did not expect."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    options = {"env": environment(), "timeout": 60, "text": True, "errors": "surrogateescape", **streams, **how}
    done = subprocess.run([FIXTUNNEL, *arguments], cwd=cwd, check=False, **options)
    said = f"{done.stdout or ''}{done.stderr or ''}"
    assert "Traceback" not in said, said
    assert "did not expect" not in said, said
    assert "Exception ignored" not in said, said
    return done
