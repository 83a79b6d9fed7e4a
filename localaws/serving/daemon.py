"""A server of the rehearsal in a process of its own, in a network namespace: started, awaited, disturbed and ended."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from localaws.program import RehearsalFailed, end, start, until
from localaws.serving.server import Outage, Outages, RequestLog

_ROOT = Path(__file__).resolve().parents[2]
_START_S = 20.0
_STOP_S = 5.0
_POLL_S = 0.02


class DaemonFailed(RehearsalFailed):
    """A server did not start, died, or did not end."""


class Daemon:
    """A context manager around `python -m <module>`.

    Args:
        name: what its files in `run_dir` are called; the process itself uses the same name.
        module: what to run.
        namespace: the network namespace, or None for the host's own (tests, on loopback).
        address: `host:port` to listen on; port 0 picks a free one.
        run_dir: where its state, its log and its list of requests lie.
        arguments: further arguments; never secrets.
    """

    def __init__(
        self,
        *,
        name: str,
        module: str,
        namespace: str | None,
        address: str,
        run_dir: Path,
        arguments: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.address = address
        self.log = run_dir / f"{self.name}.log"
        self.outages = Outages(run_dir / f"{self.name}.faults")
        self._requests = RequestLog(run_dir / f"{self.name}.jsonl")
        self._ready = run_dir / f"{self.name}.ready"
        prefix = ["ip", "netns", "exec", namespace] if namespace else []
        given = ["--listen", address, "--run-dir", str(run_dir), *arguments]
        self._command = [*prefix, sys.executable, "-m", module, *given]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._ready.unlink(missing_ok=True)
        self._process = start(self._command, cwd=_ROOT, log=self.log)
        try:
            self.address = self._await_address()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._end()
        except DaemonFailed as failure:
            if error is None:
                raise
            error.add_note(str(failure))

    @property
    def process_id(self) -> int:
        """The server's process.

        Raises:
            DaemonFailed: it is not running.
        """
        if self._process is None:
            raise DaemonFailed(f"{self.name} is not running")
        return self._process.pid

    def pause(self, subject: str, how: Outage = "unavailable") -> None:
        """Make the subject fail from the next request on.

        Args:
            subject: what shall fail; see the server's own documentation.
            how: `unavailable` answers 503, `missing` 404, `reset` breaks the connection, `blackhole` says nothing, `late` answers
                20 s late.
        """
        self.outages.set(subject, how)

    def resume(self, subject: str) -> None:
        """Let the subject work again."""
        self.outages.clear(subject)

    @contextmanager
    def paused(self, subject: str, how: Outage = "unavailable") -> Iterator[None]:
        """The subject fails until the block ends."""
        self.pause(subject, how)
        try:
            yield
        finally:
            self.resume(subject)

    def requests(self) -> list[dict[str, object]]:
        """Every request so far, oldest first."""
        return self._requests.read()

    def _await_address(self) -> str:
        until(lambda: self._ready.exists() or self._has_ended, limit=_START_S, pause=_POLL_S)
        if self._has_ended:
            raise DaemonFailed(f"{self.name} ended at once; its last words ({self.log}):\n{self._last_words()}")
        if not self._ready.exists():
            raise DaemonFailed(f"{self.name} was not ready after {_START_S:g} s; see {self.log}")
        return str(json.loads(self._ready.read_text())["address"])

    @property
    def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _end(self) -> None:
        status = self._stop()
        if status == -signal.SIGKILL:
            raise DaemonFailed(f"{self.name} was killed: by somebody, or as it did not end on SIGTERM in {_STOP_S:g} s")
        if status:
            raise DaemonFailed(f"{self.name} died (status {status}):\n{self._last_words()}")

    def _stop(self) -> int:
        """End the process, gently or not, and return its status."""
        process, self._process = self._process, None
        assert process is not None
        end(process, grace=_STOP_S)
        self._ready.unlink(missing_ok=True)
        return process.returncode

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
