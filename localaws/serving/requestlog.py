"""What a server was asked: one JSON line for each request, for the report. Never a body: a body may hold a secret."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path


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
