"""Ctrl-C, whenever it comes: status 130, and a word about what goes on without us. And credentials that have run out."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import CredentialRetrievalError, SSOTokenLoadError, UnauthorizedSSOTokenError

from ops.aws.access import AwsFailure, translated
from ops.beside import wait_for
from ops.console import agree, ask
from ops.failure import Failure
from ops.interrupts import Interrupted, heard, held, released
from tests.ops.conftest import Fixtunnel, Person, folders
from tests.paths import ROOT


def test_ctrl_c_at_a_question_ends_with_130(desk: Path) -> None:
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-P", "-m", "ops", *folders(desk), "new", "acme", "--venue", "lse-proquote"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(argv, stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL, env=environment) as process:
        try:
            said = ""
            while "Network of your FIX engines" not in said:
                said += os.read(ours, 4096).decode()
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
        finally:
            process.kill()
    said += os.read(ours, 4096).decode()
    assert "ended by Ctrl-C" in said and "Traceback" not in said
    assert not list((desk / "clients").iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("is_early", [True, False], ids=["before it runs", "while it runs"])
def test_a_program_that_we_wait_for_is_told_of_a_signal(
    tmp_path: Path, number: signal.Signals, is_early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tidies up, and we wait for that."""
    begun = threading.Timer(0.7, signal.pthread_kill, (threading.get_ident(), number))
    program = "trap 'echo tidied >tidied; exit 3' HUP INT TERM; for i in 1 2 3 4 5 6 7 8 9; do sleep 0.3; done"
    monkeypatch.chdir(tmp_path)
    with heard(), pytest.raises(Interrupted) as interrupted, held():
        if is_early:
            os.kill(os.getpid(), number)
            program = f"sleep 0.3; {program}"
            with pytest.raises(Interrupted), released():
                pass
        else:
            begun.start()
        with suppress(Interrupted):
            wait_for(["sh", "-c", program])
    assert interrupted.value.status == 128 + number
    assert is_early or (tmp_path / "tidied").exists()


@pytest.mark.parametrize(("typed", "said"), [(("", "acme"), "acme"), ((), None)], ids=["again while empty", "the end"])
def test_a_question(typed: tuple[str, ...], said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Person(*typed))
    if said is None:
        with pytest.raises(Failure):
            ask("Which client", needed=True)
    else:
        assert ask("Which client", needed=True) == said


@pytest.mark.parametrize(("typed", "goes_on"), [("y", True), ("Yes", True), ("", False), ("no", False)])
def test_only_a_yes_takes_tunnels_down(typed: str, goes_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Person(typed))
    with nullcontext() if goes_on else pytest.raises(Failure):
        agree("Take the tunnels down?")


def test_ctrl_c_in_a_deploy_says_that_cloudformation_goes_on(acme: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def cdk(*_: Any, **__: Any) -> Iterator[Any]:
        raise Interrupted(signal.SIGINT)
        yield

    from tests.ops.test_deploy import PLAN

    monkeypatch.setattr("ops.verbs.deploy.plan_of", lambda *_: PLAN)
    monkeypatch.setattr("ops.verbs.deploy.cdk", cdk)
    ran = acme("deploy", "acme")
    assert ran.status == 130
    assert "goes on without this command; how far it is: fixtunnel status acme" in ran.err
    assert "ended by Ctrl-C" in ran.err


@pytest.mark.parametrize(
    "error",
    [
        UnauthorizedSSOTokenError(),
        SSOTokenLoadError(error_msg="Token for https://acme.example does not exist"),
        CredentialRetrievalError(provider="sso", error_msg="it has expired"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_log_in_that_has_run_out_says_how_to_log_in(error: Exception) -> None:
    with pytest.raises(AwsFailure) as failure, translated("sts get_caller_identity"):
        raise error
    assert "aws sso login" in failure.value.advice
