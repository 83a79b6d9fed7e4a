"""The TCP connections of this process as the kernel knows them (proc(5), /proc/net/tcp): QuickFIX does not tell."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_ESTABLISHED = "01"


@dataclass(frozen=True, kw_only=True)
class Connection:
    """An established connection. Addresses are dotted."""

    local: tuple[str, int]
    remote: tuple[str, int]
    inode: int


def parse(table: Iterable[str]) -> tuple[Connection, ...]:
    """The established connections in /proc/net/tcp, whose first line is a heading."""
    rows = [line.split() for line in list(table)[1:]]
    return tuple(
        Connection(local=_address(row[1]), remote=_address(row[2]), inode=int(row[9]))
        for row in rows
        if row[3] == _ESTABLISHED
    )


def established() -> tuple[Connection, ...]:
    """The established connections in this process's network namespace."""
    with Path("/proc/self/net/tcp").open(encoding="ascii") as table:
        return parse(table)


def abort(*, remote: tuple[str, int]) -> int:
    """Reset our connections to an address, as if the network had: a RST goes out and the engine's next call fails.

    The number of connections. Connecting a TCP socket to AF_UNSPEC does it (connect(2)), whichever process holds it.
    """
    inodes = {connection.inode for connection in established() if connection.remote == remote}
    descriptors = [fd for fd in _descriptors() if _inode(fd) in inodes]
    for descriptor in descriptors:
        _disconnect(descriptor)
    return len(descriptors)


def _address(text: str) -> tuple[str, int]:
    """The kernel prints the address as a number of the machine's own byte order."""
    address, port = text.split(":")
    return socket.inet_ntoa(struct.pack("=I", int(address, 16))), int(port, 16)


def _descriptors() -> list[int]:
    return [int(path.name) for path in Path("/proc/self/fd").iterdir()]


def _inode(descriptor: int) -> int | None:
    try:
        link = str(Path(f"/proc/self/fd/{descriptor}").readlink())
    except OSError:
        return None
    return int(link[8:-1]) if link.startswith("socket:[") else None


def _disconnect(descriptor: int) -> None:
    unspecified = struct.pack("=H14x", socket.AF_UNSPEC)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.connect(descriptor, unspecified, len(unspecified)):
        code = ctypes.get_errno()
        raise OSError(code, f"could not reset descriptor {descriptor}: {os.strerror(code)}")
