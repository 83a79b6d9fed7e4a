"""Writing a file so that it is there whole or not at all, whatever comes between: a signal, a full disk, a power cut."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from ops.interrupts import held

_AS_USUAL = 0o666


def write_whole(path: Path, content: bytes) -> None:
    """Write it in one step, over what is there; a link keeps leading to the file, and the file keeps its mode."""
    real = path.resolve()
    with held():
        # Its name cannot be known beforehand: whoever shares the folder may have put a link there.
        number, name = tempfile.mkstemp(prefix=f".{real.name[:200]}.", dir=real.parent)
        beside = Path(name)
        try:
            with os.fdopen(number, "wb") as file:
                os.fchmod(number, _mode(real))
                file.write(content)
            beside.replace(real)
        finally:
            beside.unlink(missing_ok=True)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet. Raises FileExistsError where one is."""
    with held(), path.open("xb") as file:
        try:
            file.write(content)
            file.flush()
        except OSError:
            path.unlink()
            raise


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return _AS_USUAL & ~mask
