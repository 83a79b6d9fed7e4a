"""Sends whole packets from inside a namespace: `python -m rehearsal.attack.sender MARK`, the packets in hex on stdin.

MARK is of the socket (SO_MARK), for namespaces whose routes go by it; 0 for none.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterable
from ipaddress import IPv4Address

from rehearsal.world.network import Namespace

_PAUSE_S = 0.002


def send(space: Namespace, packets: Iterable[bytes], *, mark: int = 0) -> None:
    """Send them all from a namespace."""
    lines = "".join(f"{packet.hex()}\n" for packet in packets)
    space.run(sys.executable, "-m", "rehearsal.attack.sender", str(mark), stdin=lines, limit=60)


def main() -> None:
    """Each line is a packet."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as out:
        out.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(sys.argv[1]))
        for line in sys.stdin.read().split():
            packet = bytes.fromhex(line)
            out.sendto(packet, (str(IPv4Address(packet[16:20])), 0))
            time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main()
