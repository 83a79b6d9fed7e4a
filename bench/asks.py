"""How long `plan` and `doctor` take on the local AWS: `make deploy-local`, then `python -m bench.asks [OTHER TREE]`.

With another tree (`git worktree add /tmp/before COMMIT`, with a `.venv` and a `node_modules` in it) it is measured in turns with
this one, and the ratio counts: seconds on a busy machine say more of its neighbours. The gateway of the doctor is a stand-in
that takes a second for each command, which is about what SSM takes; its answers are those of a gateway that is well.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3

from ops.stand_in import enter_local
from tests.ops.embedded import TUNNEL, StandInGateway

ROOT = Path(__file__).parents[1]
CLIENT, ROUNDS, COMMAND_SECONDS = "lse-proquote", 5, 1
GOALS = {"plan": 3, "doctor": 5}


def main(trees: list[Path]) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        enter_local(ROOT, region=None)
        gateway, address = _gateway(Path(folder))
        os.environ["FIXTUNNEL_SESSION"] = str(Path(folder, "slow"))
        took: dict[tuple[str, Path], list[tuple[float, float]]] = {}
        for _ in range(ROUNDS):
            for verb in GOALS:
                for tree in trees:
                    _look_well(gateway, address)
                    took.setdefault((verb, tree), []).append(_seconds(tree, verb))
    for verb, goal in GOALS.items():
        own = [statistics.median(one) for one in zip(*took[verb, ROOT], strict=True)]
        print(
            f"{verb:<7} {own[0]:5.1f} s by the clock (goal: {goal} s on a quiet machine), {own[1]:4.1f} s of processor"
        )
        for tree in trees[1:]:
            other = [statistics.median(one) for one in zip(*took[verb, tree], strict=True)]
            ratios = " and ".join(f"{one / two:.2f}" for one, two in zip(own, other, strict=True))
            print(f"        {other[0]:5.1f} s and {other[1]:4.1f} s in {tree}: {ratios} of it")


def _gateway(folder: Path) -> tuple[StandInGateway, str]:
    """One that is slow, with the PSK of its stack's secret; and its address."""
    outputs = boto3.client("cloudformation").describe_stacks(StackName=f"fixtunnel-{CLIENT}")["Stacks"][0]["Outputs"]
    said = {one["OutputKey"]: one["OutputValue"] for one in outputs}
    psk = "a-psk-of-nothing-but-this-measurement"
    boto3.client("secretsmanager").put_secret_value(SecretId=said["SecretLSEProquote"], SecretString=psk)
    gateway = StandInGateway(folder)
    gateway.holds_psk(TUNNEL, psk)
    slow = folder / "slow"
    slow.write_text(f'#!/bin/sh\nsleep {COMMAND_SECONDS}\nexec {folder}/session "$@"\n')
    slow.chmod(0o755)
    return gateway, said["PublicAddress"]


def _look_well(gateway: StandInGateway, address: str) -> None:
    """As of now: what a gateway wrote long ago is a fault."""
    gateway.is_well(address, now=int(time.time()))
    assert gateway.session


def _seconds(tree: Path, verb: str) -> tuple[float, float]:
    """By the clock, and of processors in it and all that it started."""
    before, begun = os.times(), time.monotonic()
    argv = [str(tree / "fixtunnel"), verb, CLIENT]
    done = subprocess.run(argv, cwd=tree, capture_output=True, text=True, check=False, timeout=120)
    took, after = time.monotonic() - begun, os.times()
    assert done.returncode == 0, done.stdout + done.stderr
    return took, after.children_user + after.children_system - before.children_user - before.children_system


if __name__ == "__main__":
    main([ROOT, *(Path(one).resolve() for one in sys.argv[1:])])
