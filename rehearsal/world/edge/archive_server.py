"""The package archive's server process: files over HTTPS, as Debian's cloud image asks for them, or a mirror's over HTTP."""

from __future__ import annotations

import argparse
import ssl
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from localaws.serving.server import Outages, endpoint, serve
from rehearsal.world.image import Archive

SUBJECT = "archive"
_BLACK_HOLE_S = 600.0


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: Outages

    def do_GET(self) -> None:
        fault = self.faults.of(SUBJECT)
        if fault == "blackhole":
            self.faults.outlast(SUBJECT, limit_s=_BLACK_HOLE_S)
            self.close_connection = True
        elif fault == "reset":
            self.close_connection = True
        elif fault:
            self.send_error(404 if fault == "missing" else 503)
        else:
            super().do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        print(time.strftime("%H:%M:%S"), self.client_address[0], format % arguments, flush=True)


class _Server(ThreadingHTTPServer):
    """Shakes hands in the connection's own thread: a client that says nothing does not hold up the others."""

    daemon_threads = True

    def __init__(self, *, address: tuple[str, int], archive: Archive, faults: Outages, plain: bool) -> None:
        handler = type("Handler", (_Handler,), {"faults": faults})
        super().__init__(address, partial(handler, directory=str(archive.root)))
        if plain:
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(archive.certificate, archive.key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)


def main() -> None:
    """Serve an image's archive until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", required=True, type=endpoint)
    parser.add_argument("--run-dir", required=True, type=Path)
    parser.add_argument("--archive", required=True, type=Path)
    parser.add_argument("--name", default="archive_server")
    parser.add_argument("--plain", action="store_true", help="without TLS")
    options = parser.parse_args()
    server = _Server(
        address=options.listen,
        archive=Archive(options.archive),
        faults=Outages(options.run_dir / f"{options.name}.faults"),
        plain=options.plain,
    )
    serve(server, ready=options.run_dir / f"{options.name}.ready")


if __name__ == "__main__":
    main()
