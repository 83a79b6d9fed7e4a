"""Sends whole packets from inside a namespace, whatever they say of themselves; in hex on stdin, one a line.

`python -m rehearsal.attack.sender routed MARK`: by the namespace's routes, with this mark of the socket (0: none).
`python -m rehearsal.attack.sender wire INTERFACE MAC`: onto a wire, to the card with this address.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address

from rehearsal.world.network import Namespace

_PAUSE_S = 0.002
_IPV4 = b"\x08\x00"


def send(space: Namespace, packets: Iterable[bytes], *, mark: int = 0) -> None:
    """Send them by the namespace's routes."""
    _run(space, packets, "routed", str(mark))


def put_on_wire(space: Namespace, packets: Iterable[bytes], *, interface: str, mac: str) -> None:
    """Put them onto the wire behind an interface, as a packet that has got so far."""
    _run(space, packets, "wire", interface, mac)


def _run(space: Namespace, packets: Iterable[bytes], *how: str) -> None:
    lines = "".join(f"{packet.hex()}\n" for packet in packets)
    space.run(sys.executable, "-m", "rehearsal.attack.sender", *how, stdin=lines, limit=60)


def main() -> None:
    """Each line is a packet."""
    packets = (bytes.fromhex(line) for line in sys.stdin.read().split())
    _routed(packets, int(sys.argv[2])) if sys.argv[1] == "routed" else _on_wire(packets, *sys.argv[2:])


def _routed(packets: Iterator[bytes], mark: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as out:
        out.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
        for packet in packets:
            out.sendto(packet, (str(IPv4Address(packet[16:20])), 0))
            time.sleep(_PAUSE_S)


def _on_wire(packets: Iterator[bytes], interface: str, mac: str) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((interface, 0))
        own = out.getsockname()[4]
        for packet in packets:
            out.send(bytes.fromhex(mac.replace(":", "")) + own + _IPV4 + packet)
            time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main()
