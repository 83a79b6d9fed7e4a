"""A firm's web proxy: CONNECT, to the names that it knows, and nothing else. It writes down who was asked for."""

from __future__ import annotations

import argparse
import selectors
import socket
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from localaws.serving.server import RequestLog, endpoint, serve

_SILENT_S = 120.0


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, *arguments: object, names: dict[str, str], seen: RequestLog) -> None:
        self._names, self._seen = names, seen
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_CONNECT(self) -> None:
        host, port = endpoint(self.path)
        address = next((to for name, to in self._names.items() if f".{host}".endswith(f".{name}")), None)
        self._seen.add(host=host, port=port, known=address is not None)
        if address is None:
            self.send_error(403)
            return
        with socket.create_connection((address, port), timeout=_SILENT_S) as far:
            self.send_response(200)
            self.end_headers()
            _pass_on(self.connection, far)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """What one says to the other, until one of them ends it."""
    with selectors.DefaultSelector() as ready:
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while heard := ready.select(_SILENT_S):
            for key, _ in heard:
                said = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not said:
                    return
                key.data.sendall(said)


def main() -> None:
    """Pass on until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", required=True, type=endpoint)
    parser.add_argument("--run-dir", required=True, type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--known", action="append", default=[], help="NAME=ADDRESS, for it and all below it")
    options = parser.parse_args()
    seen = RequestLog(options.run_dir / f"{options.name}.jsonl")
    names = dict(one.split("=", 1) for one in options.known)
    server = ThreadingHTTPServer(options.listen, partial(_Handler, names=names, seen=seen))
    serve(server, ready=options.run_dir / f"{options.name}.ready")


if __name__ == "__main__":
    main()
