"""What the initiator needs on a machine that has Debian's Python and nothing else: one folder for its image.

    PYTHONPATH=/opt/fix python3 -m rehearsal.fix.initiator        (channel.py: guest_command)

QuickFIX's wheel brings its own TLS library and needs glibc 2.28 and libstdc++, which apt itself depends on.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path

from rehearsal.fix.channel import FixError

_HERE = Path(__file__).parent
_OURS = (
    "__init__",
    "control",
    "echo",
    "flow",
    "initiator",
    "latency",
    "ledger",
    "message",
    "session",
    "sockets",
    "trader",
)
_ENGINE = ("_quickfix.so", "quickfix.py")
_PACKAGE = "quickfix-tls"


def fix_bundle(python_version: str, *, cache: Path, architecture: str = "x86_64") -> Path:
    """The folder for a Python such as `3.13`, from the cache or from PyPI; its name tells what is in it.

    Raises:
        FixError: PyPI has no wheel for that Python, or cannot be reached.
    """
    bundle = cache / f"fix-{python_version}-{architecture}-{_key()}"
    if not bundle.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as work:
            made = _make(Path(work), python_version, architecture)
            if not bundle.exists():
                made.rename(bundle)
    return bundle


def _make(work: Path, python_version: str, architecture: str) -> Path:
    bundle = work / "fix"
    (bundle / "rehearsal/fix").mkdir(parents=True)
    with zipfile.ZipFile(_wheel(work, python_version, architecture)) as wheel:
        for name in _ENGINE:
            wheel.extract(name, bundle)
    for name in _OURS:
        shutil.copy(_HERE / f"{name}.py", bundle / "rehearsal/fix")
    return bundle


def _wheel(work: Path, python_version: str, architecture: str) -> Path:
    wanted = [f"--python-version={python_version}", "--implementation=cp", f"--platform=manylinux_2_28_{architecture}"]
    argv = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
    pinned = f"{_PACKAGE}=={version(_PACKAGE)}"
    done = subprocess.run(
        [*argv, "--only-binary=:all:", *wanted, "-d", str(work), pinned], capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = done.stderr.strip() or "nothing"
        raise FixError(f"pip found no {pinned} for Python {python_version} on {architecture}; it said: {words}")
    return next(work.glob("*.whl"))


def _key() -> str:
    """Changes with the engine's version and with each of our files."""
    digest = hashlib.sha256(version(_PACKAGE).encode())
    for name in _OURS:
        digest.update((_HERE / f"{name}.py").read_bytes())
    return digest.hexdigest()[:12]
