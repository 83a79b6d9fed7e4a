"""What passes an interface, written to a file (tcpdump(8))."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from localaws.program import end, start, until
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
        self._log.unlink(missing_ok=True)
        self._process = start(self._command, log=self._log)
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
        until(
            lambda: self._listens or self._process is None or self._process.poll() is not None,
            limit=_START_S,
            pause=0.02,
        )
        if not self._listens:
            raise CommandFailed(f"tcpdump did not start within {_START_S:g} s: {self._log.read_text()}")

    @property
    def _listens(self) -> bool:
        return b"listening on" in self._log.read_bytes()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and not end(process, grace=_STOP_S):
            raise CommandFailed(f"tcpdump did not end within {_STOP_S:g} s and was killed; see {self._log}")
