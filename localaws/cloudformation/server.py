"""The emulator's server: moto's own application, on a TCP port of loopback and on a unix socket.

The unix socket is for whoever has another network namespace but the same file system.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

EXISTING = "/fixtunnel/existing"
"""Where `POST` puts parts that are there before any deploy."""

REFUSED = "/fixtunnel/refused"
"""Where `POST` tells the types of resources that cannot be created from now on."""

ABOUT = "/fixtunnel/about"
"""Where `GET` tells the process's id, so that nobody ends a process that only has our old one's number."""

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass(frozen=True, kw_only=True)
class Listening:
    """Where a server can be reached, as it writes it down for whoever started it."""

    pid: int
    port: int
    socket: str
    account: str
    region: str
    signals: str

    def write(self, path: Path) -> None:
        """Write it in one step: a reader sees nothing or all of it."""
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(path)

    @staticmethod
    def read(path: Path) -> Listening:
        """Read it. Raises FileNotFoundError before the server listens."""
        return Listening(**json.loads(path.read_text()))

    @property
    def endpoint(self) -> str:
        """The URL of every service. `localhost` by name: the CDK's template URLs are read by path only so."""
        return f"http://localhost:{self.port}"


def bind(
    application: Application, handler: type[WSGIRequestHandler], *, port: int, socket: Path
) -> tuple[BaseWSGIServer, BaseWSGIServer]:
    """Two listening servers of one application."""
    socket.unlink(missing_ok=True)
    wanted: dict[str, Any] = {"app": application, "threaded": True, "request_handler": handler}
    return make_server("127.0.0.1", port, **wanted), make_server(f"unix://{socket}", 0, **wanted)


def with_our_own(application: Application, takers: Mapping[str, Callable[[Any], None]]) -> Application:
    """The application with the requests that AWS does not know: who takes what is posted where."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path in takers:
            takers[path](json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
        elif path != ABOUT:
            return application(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"pid": os.getpid()}).encode()]

    return answer


def serve(servers: Iterable[BaseWSGIServer], *, until: threading.Event) -> None:
    """Answer requests until the event."""
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    until.wait()
