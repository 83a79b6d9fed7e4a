"""QEMU's guest agent in the place of SSM: the way onto a gateway that is a machine of a rehearsal.

https://www.qemu.org/docs/master/interop/qemu-ga-ref.html
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ops.gateway.session import Ran, Unreachable

_PAUSE_SECONDS = 0.1


class GuestSilent(Unreachable):
    """The guest's agent did not answer in time: it is not there yet, or the guest is gone."""


class GuestRefused(Unreachable):
    """The guest's agent answered with an error."""


class GuestSession:
    """Runs commands through the agent's unix socket, which is opened anew for each question: a reboot does no harm."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def run(self, command: str, *, limit: float = 60) -> Ran:
        """Run a shell command as root. Raises Unreachable."""
        return self.execute(["/bin/sh", "-c", command], limit=limit)

    def execute(self, argv: Sequence[str], *, stdin: bytes = b"", limit: float) -> Ran:
        """Run a program as root, to its end.

        Raises:
            GuestSilent: the agent did not answer, or the program did not end, within `limit` seconds.
            GuestRefused: there is no such program.
        """
        deadline = time.monotonic() + limit
        arguments: dict[str, Any] = {"path": argv[0], "arg": list(argv[1:]), "capture-output": True}
        if stdin:
            arguments["input-data"] = base64.b64encode(stdin).decode()
        pid = self._ask("guest-exec", arguments, deadline)["pid"]
        while not (state := self._ask("guest-exec-status", {"pid": pid}, deadline))["exited"]:
            if time.monotonic() > deadline:
                raise GuestSilent(f"the guest did not finish `{' '.join(argv)}` within {limit:g} s")
            time.sleep(_PAUSE_SECONDS)
        # A signal has no exit code: the shell's convention.
        status = state.get("exitcode", 128 + state.get("signal", 0))
        return Ran(status=status, out=_text(state.get("out-data", "")), err=_text(state.get("err-data", "")))

    def _ask(self, question: str, arguments: dict[str, Any], deadline: float) -> Any:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(max(0.1, deadline - time.monotonic()))
                connection.connect(str(self._path))
                with connection.makefile("rwb") as stream:
                    _synchronise(stream)
                    answer = _exchange(stream, question, arguments)
        except (OSError, ValueError) as error:
            raise GuestSilent(
                f"the guest's agent does not answer {question} at {self._path}", evidence=str(error)
            ) from None
        if "error" in answer:
            raise GuestRefused(f"the guest's agent refused {question}", evidence=str(answer["error"].get("desc", "")))
        return answer["return"]


def _synchronise(stream: Any) -> None:
    """What an earlier, broken question left in the line must not be taken for our answer."""
    token = secrets.randbelow(2**31)
    stream.write(b"\xff" + json.dumps({"execute": "guest-sync", "arguments": {"id": token}}).encode() + b"\n")
    stream.flush()
    while line := stream.readline():
        try:
            if json.loads(line.strip(b"\xff\n")).get("return") == token:
                return
        except ValueError:
            continue
    raise OSError("the line was closed")


def _exchange(stream: Any, question: str, arguments: dict[str, Any]) -> Any:
    stream.write(json.dumps({"execute": question, "arguments": arguments}).encode() + b"\n")
    stream.flush()
    line = stream.readline()
    if not line:
        raise OSError("the line was closed")
    return json.loads(line)


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode(errors="replace")
