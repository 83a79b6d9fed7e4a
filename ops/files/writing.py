"""Writing a file so that it is there whole or not at all, whatever comes between: a signal, a full disk, a power cut."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from ops.failure import BadInput
from ops.interrupts import held

_AS_USUAL = 0o666
_MOST_LINKS = 40
"""path_resolution(7): Linux follows no more."""


def write_through(path: Path, content: bytes) -> None:
    """Write over a file of the operator's that may be a link: mounted configuration is made of links. It stays one.

    Raises:
        BadInput: another user's link is on the way. The kernel would not follow one in a folder that many share.
    """
    own, link = (0, os.geteuid()), path
    for _ in range(_MOST_LINKS):
        if not link.is_symlink():
            break
        if link.lstat().st_uid not in own:
            raise BadInput(f"{link} is another user's link", advice="write over it yourself, or take it away")
        link = link.parent / link.readlink()
    write_whole(path.resolve(), content)


def write_whole(path: Path, content: bytes) -> None:
    """Write it in one step, over whatever has that name: a link is replaced, not followed. A file keeps its mode."""
    with held():
        # Its name cannot be known beforehand: whoever shares the folder may have put a link there.
        number, name = tempfile.mkstemp(prefix=f".{path.name[:200]}.", dir=path.parent)
        beside = Path(name)
        try:
            with os.fdopen(number, "wb") as file:
                os.fchmod(number, _mode(path))
                file.write(content)
            beside.replace(path)
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
        found = path.lstat()
    except OSError:
        found = None
    if found and stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
        return stat.S_IMODE(found.st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return _AS_USUAL & ~mask
