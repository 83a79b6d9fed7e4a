"""A time server's process: the host's own time, for every request (RFC 5905, in a client's and a server's one packet)."""

from __future__ import annotations

import argparse
import struct
import time
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingUDPServer

from localaws.serving.server import endpoint, serve

_SINCE_1900 = 2_208_988_800
"""Seconds from NTP's beginning to that of Unix."""
_SERVER, _VERSION, _STRATUM, _PRECISION = 4, 4, 1, -20


class _Handler(BaseRequestHandler):
    def handle(self) -> None:
        packet, socket = self.request
        if len(packet) >= 48:
            now = _stamp()
            head = struct.pack("!BBbbII4s", _VERSION << 3 | _SERVER, _STRATUM, packet[2], _PRECISION, 0, 0, b"HOST")
            socket.sendto(head + now + packet[40:48] + now + _stamp(), self.client_address)


def _stamp() -> bytes:
    seconds, rest = divmod(time.time() + _SINCE_1900, 1)
    return struct.pack("!II", int(seconds), int(rest * 2**32))


def main() -> None:
    """Tell the time until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", required=True, type=endpoint)
    parser.add_argument("--run-dir", required=True, type=Path)
    parser.add_argument("--name", required=True)
    options = parser.parse_args()
    serve(ThreadingUDPServer(options.listen, _Handler), ready=options.run_dir / f"{options.name}.ready")


if __name__ == "__main__":
    main()
