"""The inside of a server process of the rehearsal: it says when it is ready, and ends with its parent or by SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

_PARENT_CHECK_S = 0.5
_ENDINGS = {signal.SIGTERM, signal.SIGINT}


def endpoint(text: str) -> tuple[str, int]:
    """`host:port` as a socket takes it."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def serve(server: ThreadingHTTPServer, *, ready: Path) -> None:
    """Serve until SIGTERM, or until the process that started us is gone: a killed rehearsal leaves no server behind.

    Args:
        server: bound and listening already.
        ready: written with the address once requests are answered, removed at the end.
    """
    # Blocked and waited for, not handled: a handler would run in the middle of whatever the main thread holds.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    parent = os.getppid()
    worker = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    worker.start()
    _announce(server, ready)
    while signal.sigtimedwait(_ENDINGS, _PARENT_CHECK_S) is None and os.getppid() == parent:
        pass
    server.shutdown()
    server.server_close()
    ready.unlink(missing_ok=True)


def _announce(server: ThreadingHTTPServer, ready: Path) -> None:
    host, port = server.server_address[:2]
    draft = ready.with_suffix(".new")
    draft.write_text(json.dumps({"address": f"{host!s}:{port}"}))
    draft.replace(ready)
