"""What a rehearsal that was killed (SIGKILL, a crash) could not take away itself: found by its folder, and swept.

A run's folder is /tmp/ft<run id>-…, with its process in the file `pid`; its namespaces are named ft<run id>-….
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from rehearsal.world.network import Namespace

RUNS = Path("/tmp")  # noqa: S108 - the path must be short, and mkdtemp makes each folder for its owner alone
NAMESPACES = Path("/run/netns")
_FOLDER = re.compile(r"ft([0-9a-f]{6})-\w+")


def sweep(runs: Path = RUNS) -> tuple[str, ...]:
    """Take away what dead runs left: processes, namespaces, folder. The ids of those runs. Root."""
    return tuple(_sweep(folder, found[1]) for folder, found in _folders(runs) if _is_dead(folder))


def _folders(runs: Path) -> Iterator[tuple[Path, re.Match[str]]]:
    for folder in sorted(runs.iterdir()):
        is_run = _is_own(folder, stat.S_ISDIR) and _is_own(folder / "pid", stat.S_ISREG)
        if is_run and (found := _FOLDER.fullmatch(folder.name)):
            yield folder, found


def _is_own(path: Path, is_kind: Callable[[int], bool]) -> bool:
    """Whether it is this user's, and itself of this kind. Anybody may make a folder, a link or a pipe of such a name in /tmp."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return found.st_uid == os.geteuid() and is_kind(found.st_mode)


def _is_dead(folder: Path) -> bool:
    """Whether its process is gone; a process that began after the folder only has the same number."""
    file = folder / "pid"
    try:
        began = _began(int(file.read_text()))
        return began is None or began > file.stat().st_mtime + 1
    except (FileNotFoundError, ValueError):
        return False  # just being made, or just being taken away, by its owner


def _began(pid: int) -> float | None:
    """When a process began (Unix time); None if there is none. Field 22 of proc_pid_stat(5), since the kernel's start."""
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except FileNotFoundError:
        return None
    boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    return int(boot.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")


def _sweep(folder: Path, run_id: str) -> str:
    for pid in _processes_of(folder):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for name in sorted(path.name for path in NAMESPACES.glob(f"ft{run_id}-*")):
        Namespace(name).remove()
    shutil.rmtree(folder)
    return run_id


def _processes_of(folder: Path) -> list[int]:
    """Those that have the folder in an argument or in their environment. Its name is unique."""
    name = str(folder).encode()
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _tells_of(path, name)]


def _tells_of(process: Path, name: bytes) -> bool:
    if int(process.name) == os.getpid():
        return False
    try:
        return any(name in (process / file).read_bytes() for file in ("cmdline", "environ"))
    except OSError:  # gone, or a process that not even root may look at: none of ours
        return False
