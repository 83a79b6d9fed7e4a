"""The inside of a server process of the rehearsal: its outages, its list of requests, its readiness, and its end."""

from __future__ import annotations

import json
import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from socketserver import TCPServer, UDPServer
from typing import Literal

from localaws.program import until

Outage = Literal["reset", "blackhole", "unavailable", "missing", "late"]
_POLL_S = 0.05


class Outages:
    """The outages of one server, by what they befall (a service, or a path of the metadata)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def set(self, subject: str, outage: Outage) -> None:
        """Make it happen to this subject until it is cleared."""
        self._write(self.all() | {subject: outage})

    def clear(self, subject: str) -> None:
        """Let the subject work again; nothing happens where it does already."""
        self._write({name: outage for name, outage in self.all().items() if name != subject})

    def all(self) -> dict[str, Outage]:
        """Every outage in force."""
        try:
            outages: dict[str, Outage] = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        return outages

    def of(self, subject: str) -> Outage | None:
        """The outage of this subject, if it has one."""
        return self.all().get(subject)

    def outlast(self, subject: str, *, limit_s: float) -> bool:
        """Wait while the subject is black-holed. Returns whether that ended within the limit."""
        return until(lambda: self.of(subject) != "blackhole", limit=limit_s, pause=_POLL_S)

    def _write(self, outages: dict[str, Outage]) -> None:
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(outages))
        draft.replace(self._path)


class RequestLog:
    """A file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, **fields: str | float | bool | None) -> None:
        """Append one line; the time is added (UTC, ISO 8601)."""
        line = json.dumps({"time": datetime.now(UTC).isoformat(timespec="milliseconds")} | fields)
        with self._lock, self._path.open("a") as file:
            file.write(line + "\n")

    def read(self) -> list[dict[str, object]]:
        """Every request so far, oldest first. A line that is just being written is left out."""
        if not self._path.exists():
            return []
        lines = self._path.read_text().split("\n")[:-1]
        return [json.loads(line) for line in lines]


_PARENT_CHECK_S = 0.5
_ENDINGS = {signal.SIGTERM, signal.SIGINT}


def endpoint(text: str) -> tuple[str, int]:
    """`host:port` as a socket takes it."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def serve(server: TCPServer | UDPServer, *, ready: Path) -> None:
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


def _announce(server: TCPServer | UDPServer, ready: Path) -> None:
    host, port = server.server_address[:2]
    draft = ready.with_suffix(".new")
    draft.write_text(json.dumps({"address": f"{host!s}:{port}"}))
    draft.replace(ready)
