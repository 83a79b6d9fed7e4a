"""The way onto a gateway: run a command there, as root, and read what it says.

On AWS it is SSM. Where there is none FIXTUNNEL_SESSION says what stands in for it: `qga:PATH`, the socket of a QEMU guest
agent with {instance} for the instance's id (a rehearsal: `fixtunnel --rehearsal`); `no-machine:` where no machine was booted
(`fixtunnel --local`); or a program, which is started with the instance's id and `sh -c COMMAND` as its last arguments.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shlex
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from model.deployment import Deployment
from ops.aws import Account
from ops.aws.access import Access, AwsFailure, NotThere, understood
from ops.failure import BadInput, Failure
from ops.stand_in import GUEST, NOBODY, VARIABLE

_DONE = ("Success", "Failed", "TimedOut", "Cancelled", "Undeliverable", "Terminated", "Delivery Timed Out")
_SSM_PAUSE_SECONDS, _GUEST_PAUSE_SECONDS = 0.5, 0.1
_MOST = 32 << 20
"""Octets of one line of a guest's agent: it keeps half as many of what a program says."""


class Unreachable(Failure):
    """The gateway's agent did not answer, or not in time."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that ended on the gateway."""

    status: int
    out: str
    err: str


class Session(Protocol):
    """Runs commands on one gateway. A command may be kept in a history: nothing secret may be in one."""

    def run(self, command: str, *, limit: float = 60) -> Ran:
        """Run a shell command as root, for `limit` seconds at most. Raises Unreachable."""


class NobodySession:
    """No machine was booted: the boot signal was simulated."""

    def run(self, command: str, *, limit: float = 60) -> Ran:
        """Raises Unreachable."""
        raise Unreachable(
            "no machine was booted; the boot signal was simulated", advice="boot it: fixtunnel rehearse CLIENT --keep"
        )


class ProgramSession:
    """A program instead of SSM."""

    def __init__(self, program: str, instance_id: str) -> None:
        try:
            self._argv = [*shlex.split(program), instance_id]
        except ValueError as error:
            raise BadInput(f"{VARIABLE} is no command line: {error}", advice="close its quotes") from None

    def run(self, command: str, *, limit: float = 60) -> Ran:
        """Run a shell command as root. Raises Unreachable."""
        argv = [*self._argv, "sh", "-c", command]
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unreachable(f"{VARIABLE}: {argv[0]} did not end within {limit:.0f} s") from None
        except OSError as error:
            raise Unreachable(f"{VARIABLE}: {argv[0]} cannot be run", evidence=str(error)) from None
        return Ran(status=done.returncode, out=done.stdout, err=done.stderr)


class SsmSession:
    """The gateway's shell by SSM's agent. Commands are kept in SSM's history: nothing secret may be in one.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
    """

    def __init__(self, access: Access, instance_id: str) -> None:
        self._access = access
        self._instance_id = instance_id

    @understood("ssm send_command")
    def run(self, command: str, *, limit: float = 60) -> Ran:
        """Run a shell command as root. Raises Unreachable."""
        try:
            said = self._access.call(
                "ssm",
                "send_command",
                InstanceIds=[self._instance_id],
                DocumentName="AWS-RunShellScript",
                Parameters={"commands": [command], "executionTimeout": [str(max(30, int(limit)))]},
                TimeoutSeconds=max(30, int(limit)),
            )
        except AwsFailure as failure:
            if failure.code == "InvalidInstanceId":
                raise Unreachable(_silent(self._instance_id), evidence=failure.evidence) from None
            raise
        return self._wait(said["Command"]["CommandId"], limit)

    def _wait(self, command_id: str, limit: float) -> Ran:
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            said = self._invocation(command_id)
            if said and said["Status"] in _DONE:
                return _ran(said, self._instance_id)
            time.sleep(_SSM_PAUSE_SECONDS)
        raise Unreachable(f"{self._instance_id} did not finish a command within {limit:.0f} s")

    def _invocation(self, command_id: str) -> Any:
        try:
            return self._access.call(
                "ssm", "get_command_invocation", CommandId=command_id, InstanceId=self._instance_id
            )
        except NotThere:
            return None
        except AwsFailure as failure:
            # Right after the command was sent its invocation is not known yet.
            if failure.code == "InvocationDoesNotExist":
                return None
            raise


def _ran(said: Any, instance_id: str) -> Ran:
    if said["Status"] not in ("Success", "Failed"):
        raise Unreachable(f"{_silent(instance_id)}: {said.get('StatusDetails') or said['Status']}")
    return Ran(
        status=int(said.get("ResponseCode", 0)),
        out=str(said.get("StandardOutputContent", "")),
        err=str(said.get("StandardErrorContent", "")),
    )


def _silent(instance_id: str) -> str:
    return f"SSM's agent on {instance_id} does not answer"


class GuestSilent(Unreachable):
    """The guest's agent did not answer in time: it is not there yet, or the guest is gone."""


class GuestRefused(Unreachable):
    """The guest's agent answered with an error."""


class GuestSession:
    """QEMU's guest agent, on a machine of a rehearsal. Its unix socket is opened again for each question: it may reboot.

    https://www.qemu.org/docs/master/interop/qemu-ga-ref.html
    """

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
        try:
            pid = self._ask("guest-exec", arguments, deadline)["pid"]
            while not (state := self._ask("guest-exec-status", {"pid": pid}, deadline))["exited"]:
                if time.monotonic() > deadline:
                    raise GuestSilent(f"the guest did not finish `{' '.join(argv)}` within {limit:g} s")
                time.sleep(_GUEST_PAUSE_SECONDS)
            return _guest_ran(state)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise GuestRefused("the guest's agent sent something that can't be read") from None

    def _ask(self, question: str, arguments: dict[str, Any], deadline: float) -> Any:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(max(0.1, deadline - time.monotonic()))
                connection.connect(str(self._path))
                with connection.makefile("rwb") as stream:
                    _synchronise(stream)
                    answer = _exchange(stream, question, arguments)
        except (OSError, ValueError, RecursionError) as error:
            raise GuestSilent(
                f"the guest's agent does not answer {question} at {self._path}", evidence=str(error)
            ) from None
        if not isinstance(answer, dict) or "return" not in answer:
            refusal = answer.get("error") if isinstance(answer, dict) else None
            desc = refusal.get("desc") if isinstance(refusal, dict) else answer
            raise GuestRefused(f"the guest's agent refused {question}", evidence=str(desc)[:600])
        return answer["return"]


def _synchronise(stream: Any) -> None:
    """What an earlier, broken question left in the line must not be taken for our answer."""
    token = secrets.randbelow(2**31)
    stream.write(b"\xff" + json.dumps({"execute": "guest-sync", "arguments": {"id": token}}).encode() + b"\n")
    stream.flush()
    while line := stream.readline(_MOST):
        try:
            if json.loads(line.strip(b"\xff\n")) == {"return": token}:
                return
        except ValueError:
            continue
    raise OSError("the line was closed")


def _exchange(stream: Any, question: str, arguments: dict[str, Any]) -> Any:
    stream.write(json.dumps({"execute": question, "arguments": arguments}).encode() + b"\n")
    stream.flush()
    line = stream.readline(_MOST)
    if not line:
        raise OSError("the line was closed")
    return json.loads(line)


def _guest_ran(state: dict[str, Any]) -> Ran:
    """A signal has no exit code: the shell's convention."""
    status = int(state.get("exitcode", 128 + state.get("signal", 0)))
    return Ran(status=status, out=_text(state.get("out-data", "")), err=_text(state.get("err-data", "")))


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode(errors="replace")


def session_of(account: Account, deployment: Deployment) -> Session:
    """The way onto a client's gateway. Raises Failure where there is none."""
    client = deployment.client.name
    instance_id = account.stack(client).instance_id
    if not instance_id:
        raise Failure(f"{client} has no gateway yet", advice=f"fixtunnel status {client}")
    return session_to(account, instance_id)


def session_to(account: Account, instance_id: str) -> Session:
    """The way onto an instance: by SSM, or by what stands in for it."""
    named = os.environ.get(VARIABLE, "")
    if named.startswith(GUEST):
        return GuestSession(Path(named.removeprefix(GUEST).replace("{instance}", instance_id)))
    if named == NOBODY:
        return NobodySession()
    return ProgramSession(named, instance_id) if named else SsmSession(account.access, instance_id)
