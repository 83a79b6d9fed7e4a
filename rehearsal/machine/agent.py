"""The way into the guest beside the network: QEMU's guest agent over a virtio-serial port.

Source: https://www.qemu.org/docs/master/interop/qemu-ga-ref.html
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_POLL_S = 0.1


class AgentSilent(Exception):
    """The guest's agent did not answer within the limit: it is not there yet, or the guest is gone."""


class AgentRefused(Exception):
    """The guest's agent answered with an error."""


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A command that ended in the guest."""

    argv: tuple[str, ...]
    status: int
    stdout: str
    stderr: str


class Agent:
    """The guest agent behind a unix socket of QEMU's; each call opens the socket anew, so a reboot does no harm."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def run(self, argv: Sequence[str], *, stdin: bytes, limit: float) -> Completed:
        """Run a command in the guest as root, to its end.

        Raises:
            AgentSilent: the agent did not answer, or the command did not end, within `limit` seconds.
            AgentRefused: there is no such command.
        """
        deadline = time.monotonic() + limit
        arguments: dict[str, Any] = {"path": argv[0], "arg": list(argv[1:]), "capture-output": True}
        if stdin:
            arguments["input-data"] = base64.b64encode(stdin).decode()
        pid = self._ask("guest-exec", arguments, deadline)["pid"]
        while not (state := self._ask("guest-exec-status", {"pid": pid}, deadline))["exited"]:
            if time.monotonic() > deadline:
                raise AgentSilent(f"`{' '.join(argv)}` did not end in the guest within {limit:g} s")
            time.sleep(_POLL_S)
        return Completed(
            argv=tuple(argv),
            # A signal has no exit code: the shell's convention.
            status=state.get("exitcode", 128 + state.get("signal", 0)),
            stdout=_text(state.get("out-data", "")),
            stderr=_text(state.get("err-data", "")),
        )

    def is_there(self) -> bool:
        """Whether it answers at once."""
        try:
            self._ask("guest-ping", {}, time.monotonic() + 2)
        except AgentSilent:
            return False
        return True

    def _ask(self, command: str, arguments: dict[str, Any], deadline: float) -> Any:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(max(0.1, deadline - time.monotonic()))
                connection.connect(str(self._path))
                with connection.makefile("rwb") as stream:
                    self._synchronise(stream)
                    return _exchange(stream, command, arguments)
        except OSError as error:
            raise AgentSilent(
                f"the guest's agent did not answer `{command}` in time ({error or 'no answer'})"
            ) from error

    def _synchronise(self, stream: Any) -> None:
        """What an earlier, broken call left in the line must not be taken for our answer."""
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


def _exchange(stream: Any, command: str, arguments: dict[str, Any]) -> Any:
    stream.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
    stream.flush()
    line = stream.readline()
    if not line:
        raise OSError("the line was closed")
    answer = json.loads(line)
    if "error" in answer:
        raise AgentRefused(f"the guest's agent refused `{command}`: {answer['error'].get('desc', answer['error'])}")
    return answer["return"]


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode(errors="replace")
