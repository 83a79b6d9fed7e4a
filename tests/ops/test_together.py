"""What is asked of every gateway goes there in one command, and the doctor needs no more than a few."""

from __future__ import annotations

import subprocess

import pytest

from ops.gateway.session import Ran, Unreachable
from ops.gateway.together import Together
from tests.ops.conftest import Fixtunnel, diagnosed, reachable
from tests.ops.embedded import Case


class Shell:
    """A session that counts what it runs, and passes on so many characters."""

    def __init__(self, most: int = 24_000) -> None:
        self.most, self.ran = most, list[str]()

    def run(self, command: str, *, limit: float = 60) -> Ran:
        self.ran.append(command)
        if "unreachable" in command:
            raise Unreachable("it does not answer")
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False, timeout=limit)
        return Ran(status=done.returncode, out=done.stdout[: self.most], err=done.stderr)


QUESTIONS = ["echo one; exit 3", "printf 'no end of a line'", "sh -c \"echo 'three\nlines\nof it'\""]


def test_each_answer_is_as_if_asked_alone() -> None:
    shell = Shell()
    together = Together(shell, QUESTIONS)
    answers = [(one.status, one.out) for one in map(together.run, QUESTIONS)]
    assert len(shell.ran) == 1
    assert answers == [(one.status, one.out) for one in map(Shell().run, QUESTIONS)]
    assert together.run("echo unforeseen").out == "unforeseen\n"


def test_what_was_cut_off_is_asked_alone() -> None:
    long = "seq 1000"
    shell = Shell(most=2_000)
    together = Together(shell, ["echo short", long])
    assert together.run("echo short").out == "short\n"
    assert (together.run(long).out, shell.ran[1:]) == (Shell(most=2_000).run(long).out, [long])


def test_a_gateway_that_is_not_reached_is_said_to_be() -> None:
    with pytest.raises(Unreachable):
        Together(Shell(), ["echo one", "unreachable"])


def test_the_doctor_needs_two_commands(acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known beforehand, and the FIX ports. By SSM each takes a second or two; it sent eight."""
    diagnosed(acme, case, monkeypatch)
    asked = case.gateway.asked
    assert asked.count('\necho "=') == 6, "these are asked together"
    assert asked.count("nft list table") == asked.count("df --output") == asked.count("import socket") == 1
    assert "\ntrue\n" not in asked


def test_one_question_that_hangs_hides_no_other(acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.doctor.cloud._ALL_SECONDS", 3)
    case.gateway.says["nft"] = ""
    reachable(case.gateway, monkeypatch)
    (case.gateway.folder / "bin" / "nft").write_text("#!/bin/sh\nsleep 4\necho 'tcp option maxseg size set 1382'\n")
    ran = acme("doctor", "acme")
    assert "commands reach the gateway" in ran.out
    assert "segments of 1382 octets at most" in ran.out
