"""The kernel of an image as QEMU starts it fastest."""

from __future__ import annotations

import subprocess
from pathlib import Path

# The magic numbers of what a bzImage may be compressed with, and what unpacks it.
_PACKERS: dict[bytes, tuple[str, ...]] = {
    b"\xfd7zXZ\x00": ("xz", "-dc"),
    b"\x28\xb5\x2f\xfd": ("zstd", "-dcq"),
    b"\x1f\x8b\x08": ("gzip", "-dc"),
    b"\x02\x21\x4c\x18": ("lz4", "-dc"),
}
_ELF = b"\x7fELF"


class NoKernel(Exception):
    """A file that should be a Linux kernel is not one that we can unpack."""


def unpack(*, bz_image: Path, vmlinux: Path) -> None:
    """Write the ELF file that is packed in a bzImage: an emulated processor takes seconds to unpack it at each boot.

    Source: Documentation/arch/x86/boot.rst, `payload_offset`; QEMU starts such a file by its PVH entry.
    """
    content = bz_image.read_bytes()
    for magic, command in _PACKERS.items():
        start = content.find(magic)
        while start >= 0:
            # Packers complain about what follows the payload, having written all of it.
            unpacked = subprocess.run(command, input=content[start:], capture_output=True, check=False).stdout
            if unpacked.startswith(_ELF):
                vmlinux.write_bytes(unpacked)
                return
            start = content.find(magic, start + 1)
    raise NoKernel(f"{bz_image} holds no kernel that {', '.join(c[0] for c in _PACKERS.values())} can unpack")
