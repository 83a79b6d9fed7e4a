"""The way onto a gateway: SSM as AWS documents it, and the program in its place."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.aws import AwsFailure, NotThere
from ops.gateway.session import GuestSession, ProgramSession, SsmSession, Unreachable
from rehearsal.world.machine import AgentSilent
from rehearsal.world.machine.agent import Agent as MachineAgent


class Ssm:
    """SSM's API as far as it is used: what each call of GetCommandInvocation answers, one after another."""

    def __init__(self, *answers: dict[str, Any] | AwsFailure, refusal: AwsFailure | None = None) -> None:
        self._answers, self._refusal = list(answers), refusal
        self.sent: dict[str, Any] = {}

    def call(self, service: str, operation: str, **arguments: Any) -> Any:
        assert service == "ssm"
        if operation == "send_command":
            if self._refusal:
                raise self._refusal
            self.sent = arguments
            return {"Command": {"CommandId": "c-1"}}
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, AwsFailure):
            raise answer
        return answer


DONE = {"Status": "Success", "ResponseCode": 0, "StandardOutputContent": "31\n", "StandardErrorContent": ""}
NOT_YET = AwsFailure("not yet", code="InvocationDoesNotExist")


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.gateway.session._SSM_PAUSE_SECONDS", 0.001)


def session(ssm: Ssm) -> SsmSession:
    return SsmSession(ssm, "i-1")  # type: ignore[arg-type]


@pytest.mark.parametrize("early", [NOT_YET, NotThere("not yet"), {"Status": "InProgress"}])
def test_a_command_is_waited_for(early: dict[str, Any] | AwsFailure) -> None:
    ssm = Ssm(early, DONE)
    ran = session(ssm).run("df", limit=5)
    assert (ran.status, ran.out) == (0, "31\n")
    assert ssm.sent["DocumentName"] == "AWS-RunShellScript"
    assert ssm.sent["Parameters"]["commands"] == ["df"]


def test_a_command_that_fails_is_no_failure_of_the_session() -> None:
    assert session(Ssm({**DONE, "Status": "Failed", "ResponseCode": 3})).run("false", limit=5).status == 3


@pytest.mark.parametrize(
    ("ssm", "words"),
    [
        (lambda: Ssm(DONE, refusal=AwsFailure("no", code="InvalidInstanceId")), "agent on i-1 does not answer"),
        (lambda: Ssm({"Status": "Undeliverable"}), "agent on i-1 does not answer: Undeliverable"),
        (lambda: Ssm({"Status": "InProgress"}), "did not finish a command within"),
    ],
)
def test_an_agent_that_is_silent_is_unreachable(ssm: Callable[[], Ssm], words: str) -> None:
    with pytest.raises(Unreachable, match=words):
        session(ssm()).run("true", limit=0.1)


def test_another_refusal_is_told_as_it_is() -> None:
    with pytest.raises(AwsFailure, match="AWS refuses"):
        session(Ssm(DONE, refusal=AwsFailure("AWS refuses", code="AccessDeniedException"))).run("true")


def test_a_program_in_the_place_of_ssm_is_given_the_instance_and_the_command(tmp_path: Path) -> None:
    program = tmp_path / "inside"
    program.write_text('#!/bin/sh\necho "$@"; exit 3\n')
    program.chmod(0o755)
    ran = ProgramSession(f"{program} --quietly", "i-1").run("ipsec status; true")
    assert (ran.status, ran.out) == (3, "--quietly i-1 sh -c ipsec status; true\n")


def test_a_program_that_does_not_end_is_unreachable(tmp_path: Path) -> None:
    program = tmp_path / "inside"
    program.write_text("#!/bin/sh\nexec sleep 9\n")
    program.chmod(0o755)
    with pytest.raises(Unreachable, match="did not end within"):
        ProgramSession(str(program), "i-1").run("true", limit=0.1)


class Agent(threading.Thread):
    """A guest agent that answers one command with `out`; it says that it is still running once."""

    def __init__(self, path: Path, out: str) -> None:
        super().__init__(daemon=True)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._states: list[dict[str, Any]] = [
            {"exited": False},
            {"exited": True, "exitcode": 0, "out-data": base64.b64encode(out.encode()).decode()},
        ]
        self.asked: list[str] = []
        self.given = b""

    def run(self) -> None:
        while True:
            connection, _ = self._server.accept()
            with connection, connection.makefile("rwb") as stream:
                for line in stream:
                    stream.write(
                        json.dumps({"return": self._answer(json.loads(line.strip(b"\xff\n")))}).encode() + b"\n"
                    )
                    stream.flush()

    def _answer(self, question: dict[str, Any]) -> Any:
        arguments = question["arguments"]
        if question["execute"] == "guest-sync":
            return arguments["id"]
        if question["execute"] == "guest-exec":
            self.asked.append(arguments["arg"][-1])
            self.given = base64.b64decode(arguments.get("input-data", ""))
            return {"pid": 7}
        return self._states.pop(0)


def test_a_guests_agent_runs_a_command(tmp_path: Path) -> None:
    agent = Agent(tmp_path / "agent.sock", "up 3 min\n")
    agent.start()
    ran = GuestSession(tmp_path / "agent.sock").run("uptime")
    assert (ran.status, ran.out, agent.asked) == (0, "up 3 min\n", ["uptime"])


def test_the_rehearsals_machine_has_the_same_way_in_and_gives_input(tmp_path: Path) -> None:
    agent = Agent(tmp_path / "agent.sock", "7 bytes\n")
    agent.start()
    done = MachineAgent(tmp_path / "agent.sock").run(["/usr/bin/dd", "of=/tmp/x"], stdin=b"content", limit=5)
    assert (done.argv, done.status, done.stdout) == (("/usr/bin/dd", "of=/tmp/x"), 0, "7 bytes\n")
    assert (agent.asked, agent.given) == (["of=/tmp/x"], b"content")
    with pytest.raises(AgentSilent):
        MachineAgent(tmp_path / "gone.sock").run(["/usr/bin/true"], stdin=b"", limit=1)


def test_a_guest_that_is_gone_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="does not answer guest-exec at"):
        GuestSession(tmp_path / "agent.sock").run("true")
