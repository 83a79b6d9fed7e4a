"""`fixtunnel doctor`, asked about a rehearsal that is up as an operator would ask it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

from localaws.program import RehearsalFailed
from ops.options import PROJECT
from ops.stand_in import GUEST, VARIABLE
from rehearsal.world.stage import Stage

_ASK_LIMIT = 180.0
_PAUSE_S = 2.0


class NotNamed(RehearsalFailed):
    """The doctor did not name what was wrong within the limit: what it said instead."""


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What the doctor stopped at: the cause by its short name, and whose side it is on; both empty where all is well."""

    layer: str
    cause: str
    side: str
    what: str

    def __str__(self) -> str:
        return f"{self.cause} ({self.side})" if self.cause else "all is well"


def ask(stage: Stage) -> Opinion:
    """Ask once.

    Raises:
        NotNamed: the command gave no answer that can be read.
    """
    folders = [word for key, path in stage.folders.items() for word in (f"--{key.replace('_', '-')}", path)]
    argv = [sys.executable, "-P", "-m", "ops", *folders, "doctor", stage.client, "--json"]
    session = {VARIABLE: f"{GUEST}{stage.run_dir}/{{instance}}/agent.sock"}
    done = subprocess.run(
        argv,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **stage.aws.environment(), **session},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_ASK_LIMIT,
        check=False,
    )
    try:
        last = json.loads(done.stdout)[-1]
    except (ValueError, IndexError):
        raise NotNamed(f"the doctor ended with {done.returncode}: {(done.stderr or done.stdout)[-600:]}") from None
    return Opinion(
        layer=last["layer"],
        cause=last.get("cause", "") or ("" if last["well"] else last["layer"]),
        side=last.get("side", ""),
        what=last.get("what", last.get("evidence", "")),
    )


def named(stage: Stage, cause: str, *, side: str, limit: float) -> Opinion:
    """Ask until the doctor names this cause and this side: an engine needs a moment to say what is wrong.

    Raises:
        NotNamed: it did not within `limit` seconds.
    """
    end = time.monotonic() + limit
    while ((found := ask(stage)).cause, found.side) != (cause, side):
        if time.monotonic() > end:
            raise NotNamed(f"the doctor said {found} at {found.layer}, not {cause} ({side}): {found.what}")
        time.sleep(_PAUSE_S)
    return found
