"""What a synthesis costs: one client, one of fifty, and all fifty, against an app with nothing in it.

    python -m bench.synth [rounds]

The runs take turns, so that a slow moment of the machine meets all of them. The issue asks that one of fifty costs what one
of one does, within 20 %.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
CLIENTS = 50
EMPTY = "from aws_cdk import App; App().synth()"


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One run: seconds by the clock, and seconds of processors in it and all that it started."""

    wall: float
    cpu: float


@dataclass(frozen=True, kw_only=True)
class Case:
    """A command to measure, with the CDK context that it gets."""

    name: str
    command: Sequence[str]
    context: Mapping[str, str]


def main(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        cases = _cases(Path(name))
        costs: dict[str, list[Cost]] = {case.name: [] for case in cases}
        for number in range(rounds + 1):
            for case in cases:
                cost = _run(case, Path(name) / "out")
                if number:  # the first round fills the caches
                    costs[case.name].append(cost)
    _print(costs)


def _cases(folder: Path) -> list[Case]:
    one, fifty = folder / "one", folder / "fifty"
    for where, count in ((one, 1), (fifty, CLIENTS)):
        where.mkdir()
        for number in range(count):
            _client(where, f"client-{number:02}")
    app = [sys.executable, str(ROOT / "app.py")]
    select = {"client": "client-00"}
    return [
        Case(name="an empty app", command=[sys.executable, "-c", EMPTY], context={}),
        Case(name="one of one", command=app, context={"clients_dir": str(one), **select}),
        Case(name="one of fifty", command=app, context={"clients_dir": str(fifty), **select}),
        Case(name="all fifty", command=app, context={"clients_dir": str(fifty)}),
    ]


def _client(folder: Path, name: str) -> None:
    text = (ROOT / "clients/lse-proquote.yaml").read_text()
    (folder / f"{name}.yaml").write_text(text.replace("name: lse-proquote", f"name: {name}"))


def _run(case: Case, out: Path) -> Cost:
    """Run one case to its end. CDK's validator is off: it costs the same each time, and more than all else."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CDK_VALIDATION": "false",
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(case.context),
    }
    before, begun = os.times(), time.monotonic()
    subprocess.run(list(case.command), env=environment, cwd=ROOT, check=True, capture_output=True, timeout=300)
    wall, after = time.monotonic() - begun, os.times()
    shutil.rmtree(out, ignore_errors=True)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(wall=wall, cpu=cpu)


def _print(costs: Mapping[str, Sequence[Cost]]) -> None:
    middle = {name: Cost(wall=_median(all_, "wall"), cpu=_median(all_, "cpu")) for name, all_ in costs.items()}
    floor = middle["an empty app"]
    for name, cost in middle.items():
        over = f"{cost.cpu / floor.cpu:.2f} times an empty app" if cost is not floor else "the floor"
        print(f"{name:14} {cost.wall:6.2f} s by the clock, {cost.cpu:6.2f} s of processor: {over}")
    ratio = middle["one of fifty"].cpu / middle["one of one"].cpu
    print(f"one of fifty to one of one: {ratio:.3f} (processor; {len(costs['one of one'])} rounds, medians)")


def _median(costs: Sequence[Cost], what: str) -> float:
    return float(statistics.median(getattr(cost, what) for cost in costs))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
