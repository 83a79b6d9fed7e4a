"""The real engine, in a root file system of its own: does it load what we render?

libreswan's package conflicts with strongSwan's, which the rehearsal's venue needs, so it never goes onto the host. pluto
runs in a mount, network and process namespace that ends with it. Root only.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from userdata.render import File

_SUITES = {"debian-12": "bookworm", "debian-13": "trixie"}
_CACHE = Path(__file__).parent.parent / ".cache" / "engines"
_SCRIPT = Path(__file__).parent / "engine_room.sh"
_MIRROR = "http://deb.debian.org/debian"


@dataclass(frozen=True)
class Verdict:
    """What the engine said. `loaded` are the connections that pluto knows, `complaints` all that it wrote to stderr."""

    version: str
    loaded: tuple[str, ...]
    complaints: str


def load_configuration(release: str, files: Iterable[File]) -> Verdict:
    """Let the release's libreswan read these files, and pluto load every connection in them.

    Raises:
        RuntimeError: the root file system could not be made, or pluto did not start.
    """
    with tempfile.TemporaryDirectory(prefix="fixtunnel-engine-") as folder:
        root = Path(folder)
        for file in files:
            path = root / file.path.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content)
        return _run(_root(release), root / "etc")


def _run(root: Path, etc: Path) -> Verdict:
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    done = subprocess.run(
        [*unshare, "sh", str(_SCRIPT), str(root), str(etc)], capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        raise RuntimeError(f"pluto of {root.name} did not start: {done.stderr or done.stdout}")
    version, *loaded = done.stdout.splitlines()
    return Verdict(version=version, loaded=tuple(loaded), complaints=done.stderr.strip())


def _root(release: str) -> Path:
    """The root file system, made once. A half-made one never gets its name."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    root = _CACHE / release
    with (_CACHE / f"{release}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            _make(_SUITES[release], root)
    return root


def _make(suite: str, root: Path) -> None:
    new = root.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    packages = "--include=libreswan,iproute2"
    done = subprocess.run(
        ["mmdebstrap", "--variant=apt", packages, suite, str(new), _MIRROR],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"mmdebstrap of {suite} failed: {done.stderr[-2000:]}")
    new.rename(root)
