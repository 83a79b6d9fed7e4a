"""A child that stays, asked through a pipe: one line of JSON each way. What takes it long takes no one else's time."""

import json
import os
import select
import subprocess
import threading
import time
from contextlib import suppress
from typing import Any

from fixtunnel.command import Failed

LIMIT_SECONDS = 40.0
"""EC2's own limits end a call after 12 s. The rest is for a busy machine."""
START_SECONDS = 120.0
"""So much more a new child has for its first answer. On an emulated gateway that boots beside another one it took 23 and 39 s
to import boto3 and to make a client: one that is ended at that begins again, and never answers."""


class Resident:
    """The child is started when it is first asked, and again when it has ended: by itself, or since it did not answer.

    Args:
        command: what is run.
        seconds: the child has so long for an answer.
        start_seconds: and so much longer for its first one.
    """

    def __init__(
        self, command: tuple[str, ...], seconds: float = LIMIT_SECONDS, start_seconds: float = START_SECONDS
    ) -> None:
        self._command = command
        self._seconds = seconds
        self._start_seconds = start_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._has_answered = False
        self._one_at_a_time = threading.Lock()

    def ask(self, request: dict[str, Any]) -> Any:
        """The answer. It waits, so this is for a thread of its own.

        Raises:
            Failed: the child said why not, ended, or did not answer in time.
        """
        with self._one_at_a_time:
            process = self._running()
            try:
                told = json.loads(self._exchange(process, json.dumps(request).encode() + b"\n"))
            except (OSError, ValueError) as error:
                self.end()
                raise Failed("AWS: the calls' process gave no answer", str(error)) from None
            if told.get("is_last"):
                self.end()
                with suppress(Failed):
                    self._running()  # the next question may be a claim
        if "failed" in told:
            raise Failed(told["failed"], told["detail"])
        return told["answer"]

    def end(self) -> None:
        """Let the child go. The next question starts another one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                assert pipe
                pipe.close()
        process.wait()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process and self._process.poll() is not None:
            self.end()
        if self._process is None:
            pipe = subprocess.PIPE
            try:
                self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, bufsize=0)
                self._has_answered = False
            except OSError as error:
                raise Failed("AWS: the calls' process cannot be started", str(error)) from None
        return self._process

    def _exchange(self, process: "subprocess.Popen[bytes]", line: bytes) -> bytes:
        assert process.stdin
        assert process.stdout
        process.stdin.write(line)
        seconds = self._seconds if self._has_answered else self._seconds + self._start_seconds
        answer, end = b"", time.monotonic() + seconds
        while not answer.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise ValueError(f"not within {seconds:.0f} s")
            part = os.read(process.stdout.fileno(), 65536)
            if not part:
                raise ValueError("it has ended")
            answer += part
        self._has_answered = True
        return answer
