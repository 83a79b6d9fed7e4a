"""Ctrl-C, whenever it comes: status 130, and a word about what goes on without us. And credentials that have run out."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import CredentialRetrievalError, SSOTokenLoadError, UnauthorizedSSOTokenError

from ops.aws.access import AwsFailure, translated
from ops.console import agree, ask
from ops.failure import Failure
from ops.interrupts import Interrupted
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
