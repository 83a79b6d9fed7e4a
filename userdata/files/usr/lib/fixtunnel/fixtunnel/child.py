"""Errands to AWS, run beside the watch: it never waits for one, and never imports boto3 itself.

What is secret goes through the pipe, never through an argument.
"""

import json
import subprocess
import time
from contextlib import suppress
from typing import Any

from fixtunnel.command import Failed

LIMIT_SECONDS = 55.0
_COMMAND = ("/usr/bin/env", "AWS_MAX_ATTEMPTS=2", "/usr/bin/python3", "-m", "fixtunnel.errand")
# The tunnels come first: on a small instance the errand's second of computing must not delay a packet.
_YIELDING = ("/usr/bin/nice", "-n", "19")


class Child:
    """One errand at a time."""

    def __init__(self, command: tuple[str, ...] = _COMMAND) -> None:
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self._end = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether an errand is under way."""
        return self._process is not None

    def begin(self, request: dict[str, Any], *, urgent: bool = False) -> None:
        """Send it out. The request must fit into a pipe (64 KB), as all our requests do by far.

        Args:
            urgent: no one trades until it is done, so it yields to nothing.

        Raises:
            Failed: no process could be started.
        """
        pipe = subprocess.PIPE
        command = self._command if urgent else (*_YIELDING, *self._command)
        try:
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        except OSError as error:
            raise Failed("AWS: no errand can be run", str(error)) from None
        self._process, self._end = process, time.monotonic() + LIMIT_SECONDS
        assert process.stdin
        # One that has ended already has no answer either.
        with suppress(OSError), process.stdin as stdin:
            stdin.write(json.dumps(request))

    def answer(self) -> dict[str, Any] | None:
        """The answer, once; None while it is under way, or there is none. What failed stands under `errors`."""
        process = self._process
        if process is None:
            return None
        if process.poll() is None:
            if time.monotonic() < self._end:
                return None
            process.kill()
        self._process = None
        assert process.stdout
        with process, process.stdout as stdout:
            out = stdout.read()
        try:
            told: dict[str, Any] = json.loads(out)
        except ValueError:
            told = {"errors": {"errand": f"ended with {process.returncode}, or not within {LIMIT_SECONDS:.0f} s"}}
        return told
