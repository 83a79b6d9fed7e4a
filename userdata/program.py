"""What runs on the gateway, as one small archive: `files/` mirrors the instance's file system.

It goes to S3 as an asset of the stack, not into the user data: see docs/decisions/0002-program-in-s3.md.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from userdata.shipped import shipped

FOLDER = Path(__file__).parent / "files"


def archive() -> bytes:
    """The tree as tar. The same tree gives the same bytes, on every machine and at every time.

    Not compressed: another version of zlib would give other bytes, and another checksum replaces the gateway.
    """
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as into:
        for path in shipped(FOLDER):
            _add(into, path)
    return tar.getvalue()


def mode(path: Path) -> int:
    """A file's permissions, by its own first line and not by the checkout's: an umask must not change what is deployed."""
    return 0o755 if path.read_bytes().startswith(b"#!") else 0o644


def _add(into: tarfile.TarFile, path: Path) -> None:
    content = path.read_bytes()
    entry = tarfile.TarInfo(str(path.relative_to(FOLDER)))
    entry.size = len(content)
    entry.mode = mode(path)
    into.addfile(entry, io.BytesIO(content))
