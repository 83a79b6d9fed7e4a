"""The CDK's command line, as an operator would run it, against any AWS that its environment names."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

PROJECT = Path(__file__).parents[1]
CLI = Path("node_modules") / ".bin" / "cdk"
LAST_LINES = 40
"""How much of its output a failure carries."""

STOP_LIMIT = 10.0

OnLine = Callable[[str], None]


class CdkFailed(Exception):
    """The command failed: which, its status, its last lines."""


def silent(_line: str) -> None:
    """Drop a line."""


class Cdk:
    """One run of the CLI, in the background; at the end of its `with` block it is gone."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        on_line: OnLine = silent,
        folder: Path = PROJECT,
    ) -> None:
        """Start it. `environment` comes on top of ours, without what ours says of AWS. In a `folder` without a
        cdk.json it synthesises nothing. Raises CdkFailed.
        """
        cli = PROJECT / CLI
        if not cli.exists():
            raise CdkFailed(f"{cli} is missing: run `make setup`, which installs the CDK's command line")
        self.command = ["cdk", *arguments]
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._process = subprocess.Popen(
            [str(cli), *arguments],
            cwd=folder,
            env={**_environment(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=(on_line,), daemon=True)
        self._reader.start()

    def _read(self, on_line: OnLine) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._last.append(line.rstrip())
            on_line(line.rstrip())

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def wait(self, *, limit: float) -> None:
        """Wait for a good end, for `limit` seconds at most. Raises CdkFailed."""
        try:
            status = self._process.wait(limit)
        except subprocess.TimeoutExpired:
            self.stop()
            raise CdkFailed(self._words(f"has not ended after {limit:.0f} s")) from None
        self._reader.join(STOP_LIMIT)
        if status != 0:
            raise CdkFailed(self._words(f"failed with status {status}"))

    def _words(self, what: str) -> str:
        return f"`{' '.join(self.command)}` {what}; its last lines:\n" + "\n".join(self._last)

    def stop(self) -> None:
        """End it and whatever it started, if it still runs."""
        if self.is_running:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _environment() -> dict[str, str]:
    """Ours without AWS's variables, with this Python's programs first: `python` for the app, `node` for the CLI."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    return {**kept, "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
