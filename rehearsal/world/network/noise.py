"""A bounded number of packets that should never be sent, from inside a namespace: `python -m rehearsal.world.network.noise`.

Arguments: source, target, how many of each kind. On standard input: whole IPv4 packets to be replayed, one a line, in hex.
Raw sockets (raw(7)), so the source is whatever is said. Nothing leaves the namespaces of a run: their edge has no way out.
"""

from __future__ import annotations

import os
import random
import socket
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

NOISE = (sys.executable, "-m", "rehearsal.world.network.noise")
_MOST = 1000
_PAUSE_S = 0.005
_ETHERNET = 14


def captured(path: Path, *, source: IPv4Address, target: IPv4Address, most: int) -> str:
    """The packets of a capture on Ethernet (pcap-savefile(5)) as lines to be replayed, addressed to `target`."""
    content, at, packets = path.read_bytes(), 24, []
    while at + 16 <= len(content):
        (kept,) = struct.unpack_from("=I", content, at + 8)
        packet = content[at + 16 + _ETHERNET : at + 16 + kept]
        packets.append(packet[:12] + source.packed + target.packed + packet[20:])
        at += 16 + kept
    return "".join(f"{packet.hex()}\n" for packet in packets[:most])


def garbage(source: IPv4Address, target: IPv4Address, n: int) -> Iterator[bytes]:
    """Random bytes, headers of IKE with nonsense in them, and ESP of SAs that do not exist."""
    for _ in range(n):
        size = random.randint(1, 600)  # noqa: S311 - noise
        yield _udp(source, target, 500, os.urandom(size))
        yield _udp(source, target, 4500, os.urandom(size))
        # ISAKMP (RFC 2408, 3.1): cookies, SA payload next, version 1.0, main mode, and a length that lies.
        yield _udp(source, target, 500, os.urandom(8) + bytes(8) + b"\x01\x10\x02\x00" + bytes(4) + b"\xff" * 4)
        # IKE_SA_INIT (RFC 7296, 3.1) behind the non-ESP marker.
        yield _udp(source, target, 4500, bytes(4) + os.urandom(8) + bytes(8) + b"\x21\x20\x22\x08" + os.urandom(60))


def _udp(source: IPv4Address, target: IPv4Address, port: int, content: bytes) -> bytes:
    # The kernel fills in the header's length and checksum (raw(7)); a UDP checksum of 0 is none (RFC 768).
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_UDP, 0, source.packed, target.packed)
    return ip + struct.pack("!HHHH", port, port, 8 + len(content), 0) + content


def send(packets: Iterable[bytes]) -> int:
    """Send them, at most `_MOST`; how many."""
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as out:
        for packet in packets:
            if sent >= _MOST:
                break
            out.sendto(packet, (str(IPv4Address(packet[16:20])), 0))
            sent += 1
            time.sleep(_PAUSE_S)
    return sent


def main() -> None:
    """Garbage, then replays."""
    source, target, n = IPv4Address(sys.argv[1]), IPv4Address(sys.argv[2]), int(sys.argv[3])
    print(send([*garbage(source, target, n // 4), *(bytes.fromhex(line) for line in sys.stdin.read().split())]))


if __name__ == "__main__":
    main()
