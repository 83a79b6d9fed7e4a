"""What the doctor says of each state of a stack: told as it is, and no end of the walk where the gateway is there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.aws import Account, Event
from ops.doctor.cloud import _last
from tests.ops.conftest import Fixtunnel, diagnosed
from tests.ops.embedded import TUNNEL, Case

State = str


def is_in(state: State, monkeypatch: pytest.MonkeyPatch, *, instance: bool = True) -> None:
    """Let the client's stack be in a state, with its gateway or without."""
    find = Account.find_stack

    def found(account: Account, client: str) -> object:
        stack = find(account, client)
        assert stack is not None
        return replace(stack, status=state, instance_id=stack.instance_id if instance else "")

    monkeypatch.setattr(Account, "find_stack", found)


@pytest.mark.parametrize(
    "state", ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]
)
def test_a_gateway_that_is_there_is_looked_at(
    acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    is_in(state, monkeypatch)
    assert diagnosed(acme, case, monkeypatch)["layer"] == "FIX port"


def test_what_cloudformation_does_meanwhile_is_noted(
    acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_in("UPDATE_IN_PROGRESS", monkeypatch)
    assert "UPDATE_IN_PROGRESS (CloudFormation is at work)" in acme("doctor", "acme").out


STATES = (
    ("REVIEW_IN_PROGRESS", "not-deployed", "not begun"),
    ("CREATE_IN_PROGRESS", "busy", "at work"),
    ("CREATE_FAILED", "deploy-failed", "was not taken back"),
    ("ROLLBACK_COMPLETE", "deploy-failed", "was taken back"),
    ("ROLLBACK_FAILED", "deploy-failed", "could not be taken back"),
    ("UPDATE_FAILED", "change-failed", "was not taken back"),
    ("UPDATE_ROLLBACK_FAILED", "change-failed", "so did taking it back"),
    ("DELETE_IN_PROGRESS", "being-removed", "it is being removed"),
    ("DELETE_FAILED", "removal-failed", "not all of it could be removed"),
    ("IMPORT_ROLLBACK_FAILED", "change-failed", "failed (IMPORT_ROLLBACK_FAILED)"),
)


@pytest.mark.parametrize("told", STATES, ids=[told[0] for told in STATES])
def test_a_stack_that_does_not_stand(
    acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch, told: tuple[State, str, str]
) -> None:
    state, cause, what = told
    is_in(state, monkeypatch, instance=state.startswith(("UPDATE", "DELETE")))
    found = diagnosed(acme, case, monkeypatch)
    assert (found["layer"], found["cause"], found["side"]) == ("stack", cause, "us")
    assert what in found["what"] and "{" not in found["advice"]


def event(kind: str, status: str) -> Event:
    named = {"id": status, "logical_id": "X", "physical_id": "", "reason": "because"}
    return Event(**named, time=None, kind=kind, status=status)  # type: ignore[arg-type]


def test_the_failures_are_those_of_the_last_operation() -> None:
    before = [event("AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS"), event("AWS::EC2::EIP", "CREATE_FAILED")]
    now = [event("AWS::CloudFormation::Stack", "UPDATE_IN_PROGRESS"), event("AWS::EC2::VPC", "UPDATE_FAILED")]
    assert _last([*before, *now]) == now
    assert _last(now[1:]) == now[1:]


def test_a_secret_that_is_scheduled_for_deletion_is_gone(
    acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets, arn = case.aws.clients.secrets, case.aws.outputs("acme")["SecretLSEProquote"]
    secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    try:
        found = diagnosed(acme, case, monkeypatch)
        stored = acme("secret", "set", "acme")
    finally:
        secrets.restore_secret(SecretId=arn)
    assert (found["layer"], found["cause"], found["tunnel"]) == ("secret", "secret-gone", TUNNEL)
    assert "restore-secret" in found["advice"]
    assert (stored.status, "restore-secret" in stored.err) == (1, True)
