"""The trials of one file's mutants, in a copy of the tree: `python -m tests.mutation.trial`, begun in that copy.

All that a test imports is imported once; then each mutant is written into the copy and tried in a fork, which imports what
depends on it. That takes a fraction of a second where a new interpreter takes two. Where a task is `fresh`, each has a new
interpreter all the same. It reads a task and prints a result a line.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

_HERE = Path.cwd()
_ORDER = ("model", "userdata", "constructs", "stacks", "ops", "localaws", "rehearsal")


def main() -> None:
    """Read the tasks: the file and its tests first, then a source a line."""
    answers = os.fdopen(os.dup(1), "w")
    sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    task = json.loads(sys.stdin.readline())
    file = _HERE / task["file"]
    original = file.read_text()
    status = 0 if task["fresh"] else _tests(task["tests"])
    for module in _depending_on(task["file"]):
        del sys.modules[module]
    # The file as it is must survive in a fork too: else every mutant would seem to be killed.
    first = {"killed": True, "seconds": 0.0} if status else _try(task, 600)
    print(json.dumps({"clean": not first["killed"], "seconds": first["seconds"]}), file=answers, flush=True)
    limit = round(10 + 4 * first["seconds"])
    for line in sys.stdin:
        file.write_text(json.loads(line))
        try:
            print(json.dumps(_try(task, limit)), file=answers, flush=True)
        finally:
            file.write_text(original)


_OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no")


def _tests(tests: list[str]) -> int:
    return int(pytest.main([*_OPTIONS, *tests]))


def _depending_on(file: str) -> list[str]:
    """What may have imported it: its own package and all above it; of the gateway's program, all but the model."""
    package = file.split("/", maxsplit=1)[0]
    below = set(_ORDER[: _ORDER.index(package)])
    ours = ((name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items()))
    return [
        name
        for name, path in ours
        if path.startswith(f"{_HERE}/")
        and "/.venv/" not in path
        and name.split(".")[0] not in below
        and name != "__main__"
        and not name.startswith("tests.mutation")
    ]


def _try(task: dict[str, Any], limit: int) -> dict[str, Any]:
    """One fork, which may take `limit` seconds of processor; ten times as long by the clock, for one that waits.

    A busy machine kills no mutant so.
    """
    began = time.monotonic()
    child = os.fork()
    if not child:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        if task["fresh"]:
            os.execv(sys.executable, [sys.executable, "-m", "pytest", *_OPTIONS, *task["tests"]])
        os._exit(min(_tests(task["tests"]), 99))
    while True:
        ended, status, used = os.wait4(child, os.WNOHANG)
        late = time.monotonic() - began > 10 * limit
        if ended or late:
            break
        time.sleep(0.01)
    if late and not ended:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    late = late or os.WIFSIGNALED(status)
    return {"killed": bool(late or status), "late": late, "seconds": round(used.ru_utime + used.ru_stime, 1)}


if __name__ == "__main__":
    main()
