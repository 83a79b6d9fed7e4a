"""The mutation run: `python -m tests.mutation [--sample N] [PART or FILE …]`, `make mutation`. Root and nft for the guard's part.

The four parts that a session hangs on have a threshold, and each of their survivors is argued in `argued.toml`; elsewhere it
is a count, of a sample of each file's mutants. Each file has a copy of the tree of its own, so nothing here is changed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.mutation.mutants import Mutant, of_python, of_text
from tests.mutation.plan import TARGETS, Target
from tests.paths import ROOT

THRESHOLD = 0.9
HELD = ("contract", "guard", "watch", "rotation")
ARGUED = Path(__file__).parent / "argued.toml"
REPORT = ROOT / "out/mutation"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a file's mutants; the survivors by what they change.

    Attributes:
        of: so many there are; more than `tried` of a sample, and by the few that change nothing or the same.
        late: of those that were killed, so many were by a limit of time.
    """

    target: Target
    of: int
    tried: int
    late: int
    survivors: tuple[str, ...]
    seconds: float

    def unargued(self, argued: dict[str, dict[str, str]]) -> list[str]:
        """The survivors that nobody has looked at."""
        return [what for what in self.survivors if what not in argued.get(self.target.file, {})]


def main() -> int:
    """Try the chosen targets; 1 where a part that is held is below its threshold, or has a survivor without a reason."""
    asked = _asked()
    chosen = [one for one in TARGETS if not asked.what or {one.part, one.file, Path(one.file).stem} & {*asked.what}]
    chosen = [replace(one, sample=asked.sample or one.sample) for one in chosen]
    argued = tomllib.loads(ARGUED.read_text())
    REPORT.mkdir(parents=True, exist_ok=True)
    os.nice(15)
    with ThreadPoolExecutor(asked.jobs) as pool:
        outcomes = list(pool.map(lambda one: _tried(one, asked.seed), chosen))
    return max([_told(part, [one for one in outcomes if one.target.part == part], argued) for part in _parts(outcomes)])


def _asked() -> argparse.Namespace:
    asks = argparse.ArgumentParser(prog="python -m tests.mutation")
    asks.add_argument("what", nargs="*", metavar="PART or FILE", help="all by default")
    asks.add_argument("--sample", type=int, default=0, metavar="N", help="so many mutants of each file, by chance")
    asks.add_argument("--seed", type=int, default=0, metavar="S", help="another seed draws others")
    asks.add_argument("--jobs", type=int, default=2, metavar="N", help="so many files at once")
    return asks.parse_args()


def _parts(outcomes: list[Outcome]) -> list[str]:
    return list(dict.fromkeys(one.target.part for one in outcomes))


def _told(part: str, outcomes: list[Outcome], argued: dict[str, dict[str, str]]) -> int:
    tried, survived, late = (
        sum(numbers) for numbers in zip(*((one.tried, len(one.survivors), one.late) for one in outcomes), strict=True)
    )
    killed = (tried - survived) / max(tried, 1)
    unargued = [(one.target.file, what) for one in outcomes for what in one.unargued(argued)]
    sampled = f", a sample of {sum(one.of for one in outcomes)}" if any(one.target.sample for one in outcomes) else ""
    print(
        f"{part}: {tried} mutants{sampled}; {tried - survived} killed ({killed:.1%}), {late} of them by a limit of time; "
        f"{survived} survived, {survived - len(unargued)} of them argued",
        flush=True,
    )
    if part not in HELD:
        return 0
    for file, what in unargued:
        print(f"  not argued: {file}: {what}")
    return int(killed < THRESHOLD or bool(unargued))


def _tried(target: Target, seed: int) -> Outcome:
    source = (ROOT / target.file).read_text()
    began = time.monotonic()
    of, mutants = (
        of_python(source, within=target.within, types=target.part == "contract", sample=target.sample, seed=seed)
        if target.file.endswith(".py")
        else of_text(source, sample=target.sample, seed=seed)
    )
    with _copy() as tree, _trials(tree, target) as process:
        results = [_result(process, mutant) for mutant in mutants]
    outcome = Outcome(
        target=target,
        of=of,
        tried=len(mutants),
        late=sum(result["late"] for result in results),
        survivors=tuple(one.what for one, result in zip(mutants, results, strict=True) if not result["killed"]),
        seconds=time.monotonic() - began,
    )
    report = REPORT / f"{target.part}-{Path(target.file).name}.txt"
    report.write_text("".join(f'{json.dumps(what, ensure_ascii=False)} = ""\n' for what in outcome.survivors))
    print(f"  {target.file}: {len(outcome.survivors)} of {outcome.tried} survive, {outcome.seconds:.0f} s", flush=True)
    return outcome


def _result(process: subprocess.Popen[str], mutant: Mutant) -> dict[str, bool]:
    assert process.stdin and process.stdout
    print(json.dumps(mutant.source), file=process.stdin, flush=True)
    result: dict[str, bool] = json.loads(process.stdout.readline())
    return result


@contextmanager
def _trials(tree: Path, target: Target) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.mutation.trial"]
    with subprocess.Popen(command, cwd=tree, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        print(
            json.dumps({"file": target.file, "tests": target.tests, "fresh": target.fresh}),
            file=process.stdin,
            flush=True,
        )
        begun = json.loads(process.stdout.readline())
        if not begun["clean"]:
            raise SystemExit(f"{target.file}: its tests fail without any mutant: {' '.join(target.tests)}")
        print(f"  {target.file}: its tests take {begun['seconds']} s", flush=True)
        yield process
        process.stdin.close()


@contextmanager
def _copy() -> Iterator[Path]:
    """The tree as it is now, without what git ignores, but for what is installed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    with tempfile.TemporaryDirectory(prefix="fixtunnel-mutation-") as folder:
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).exists():
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, Path(folder) / name, follow_symlinks=False)
        for installed in (".venv", "node_modules"):
            if not (Path(folder) / installed).exists():
                (Path(folder) / installed).symlink_to(ROOT / installed)
        yield Path(folder)


if __name__ == "__main__":
    raise SystemExit(main())
