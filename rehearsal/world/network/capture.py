"""What passes an interface, written to a file (tcpdump(8))."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rehearsal.world.network.namespace import CommandFailed, Namespace

_START_S = 10.0
_STOP_S = 5.0


class Capture:
    """A context manager: what passes while it is open is in the file once it is closed.

    Args:
        namespace: where to listen.
        path: the file (pcap); what tcpdump says lies beside it, with `.log`.
        interface: one interface, or `any` for all, where a packet that is passed on shows up once for each.
        expression: which packets (pcap-filter(7)); all if not given.
    """

    def __init__(self, *, namespace: Namespace, path: Path, interface: str = "any", expression: str = "") -> None:
        self.path = path
        self._log = path.with_name(f"{path.name}.log")
        # -U and --immediate-mode: a packet is in the file when it has passed, also if tcpdump is killed.
        options = ["-i", interface, "-U", "--immediate-mode", "-s", "0", "-Z", "root", "-w", str(path)]
        self._command = [*namespace.prefix, "tcpdump", *options, *([expression] if expression else [])]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._await_start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _await_start(self) -> None:
        deadline = time.monotonic() + _START_S
        while b"listening on" not in self._log.read_bytes():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise CommandFailed(f"tcpdump did not start within {_START_S:g} s: {self._log.read_text()}")
            time.sleep(0.02)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise CommandFailed(f"tcpdump did not end within {_STOP_S:g} s and was killed; see {self._log}") from None
