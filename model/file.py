"""The content of a file that somebody else may have written: a regular one, and no more of it than its use needs."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class Unreadable(Exception):
    """The file cannot be read, for this reason."""


def content(path: Path, *, most: int) -> bytes:
    """The whole of a regular file of `most` bytes or fewer.

    A pipe would be waited for, and a device or a sparse file would fill the memory: so the kind is looked at before the
    first byte, and one byte more than the limit is the last that is read.

    Raises:
        Unreadable: it is larger, or no regular file, or the system refuses.
    """
    try:
        with os.fdopen(_opened(path), "rb") as file:
            found = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot be read: {getattr(error, 'strerror', None) or 'its name has a NUL'}") from None
    if len(found) > most:
        raise Unreadable(f"is larger than {_size(most)}")
    return found


def _opened(path: Path) -> int:
    """A descriptor of a regular file. O_NONBLOCK: to open a pipe would wait for its writer."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("is not a regular file")
    return descriptor


def _size(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"
