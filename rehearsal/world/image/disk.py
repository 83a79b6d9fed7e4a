"""A disk image with one partition that holds a file system."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

_SECTOR = 512
_START = 2048
_LINUX = 0x83
# With the partition's number this is its PARTUUID: files/common/etc/fstab and the kernel's command line name it.
SIGNATURE = 0xF17E0001
PARTUUID = f"{SIGNATURE:08x}-01"


def write_disk(*, tree: Path, disk: Path, gib: int) -> None:
    """Write `tree` as the one partition of a new, sparse disk of `gib` GiB."""
    sectors = gib * 2**30 // _SECTOR
    with disk.open("wb") as file:
        file.truncate(sectors * _SECTOR)
        file.write(_boot_record(sectors - _START))
    # Everything is initialised here, where it costs nothing: a gateway's kernel would do it in the background.
    features = f"offset={_START * _SECTOR},lazy_itable_init=0,lazy_journal_init=0,assume_storage_prezeroed=1"
    size_kib = (sectors - _START) * _SECTOR // 1024
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", "-L", "root", "-E", features, "-d", str(tree), str(disk), f"{size_kib}k"],
        check=True,
        capture_output=True,
    )


def _boot_record(sectors: int) -> bytes:
    """A master boot record with one Linux partition."""
    entry = struct.pack("<B3sB3sII", 0x80, b"\xfe\xff\xff", _LINUX, b"\xfe\xff\xff", _START, sectors)
    return struct.pack("<440sIH16s48sH", b"", SIGNATURE, 0, entry, b"", 0xAA55)
