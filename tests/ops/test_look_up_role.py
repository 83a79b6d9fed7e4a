"""As the CDK's look-up role: what only reads works, and what does not work says so.

The role has AWS's `ReadOnlyAccess`, and is denied `kms:Decrypt` (the CDK's bootstrap template, `LookupRole`). moto brings AWS's
own document of that policy. Each call that it does not allow is refused here as AWS refuses it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel
from moto.iam.aws_managed_policies import aws_managed_policies_data

from localaws.iam.policy import Context, decide, read
from ops.aws import access
from ops.permissions import OF_VERB
from tests.ops.conftest import Fixtunnel, action_of
from tests.ops.embedded import Case
from tests.ops.test_kept_state import Tell, tells

__all__ = ["tells"]
POLICY = read(json.loads(aws_managed_policies_data)["ReadOnlyAccess"]["Document"])


def may(action: str) -> bool:
    """Whether the role may, on anything."""
    return decide(POLICY, action=action, resource="*", context=Context(action.partition(":")[0], {})) == "allowed"


@pytest.mark.parametrize(
    ("verb", "lacking"),
    [
        ("render", ()),
        ("form", ()),
        ("image pin", ()),
        ("image update", ()),
        ("status", ("ssm:SendCommand",)),
        ("logs", ("ssm:SendCommand",)),
        ("doctor", ("secretsmanager:GetSecretValue", "ssm:SendCommand")),
        ("plan", ("cloudformation:DeleteChangeSet", "secretsmanager:GetSecretValue")),
    ],
)
def test_what_the_role_lacks(verb: str, lacking: tuple[str, ...]) -> None:
    assert tuple(sorted(action for action in OF_VERB[verb] if not may(action))) == lacking


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on every session has the look-up role; the actions that were refused."""
    session, actions = access._session, list[str]()

    def bound(profile: str | None, region: str | None) -> Any:
        made = session(profile, region)
        made.events.register("before-call", refuse)
        return made

    def refuse(model: OperationModel, **_: Any) -> Any:
        action = action_of(model)
        if may(action):
            return None
        actions.append(action)
        words = f"User: arn:aws:sts::123456789012:assumed-role/cdk-hnb659fds-lookup-role/x is not authorized to perform: {action}"
        answer: Any = {"Error": {"Code": "AccessDeniedException", "Message": words}, "ResponseMetadata": {}}
        return AWSResponse("", 400, HTTPHeaders(), None), answer

    monkeypatch.setattr(access, "_session", bound)
    monkeypatch.delenv("FIXTUNNEL_SESSION", raising=False)
    return actions


def test_status_and_doctor_go_by_what_the_gateway_told(
    acme: Fixtunnel, tells: Tell, case: Case, refused: list[str]
) -> None:
    del case
    tells(state="up")
    ran = acme("status", "acme", "--json")
    (client,) = json.loads(ran.out)
    assert (ran.status, client["well"]) == (0, True)
    findings = json.loads(acme("doctor", "acme", "--json").out)
    assert [(one["layer"], one["asked"], one["evidence"]) for one in findings if one["well"] is False] == []
    assert set(refused) <= {"ssm:SendCommand", "secretsmanager:GetSecretValue"}


def test_render_form_and_logs(acme: Fixtunnel, refused: list[str]) -> None:
    assert [acme(*words).status for words in (("render", "acme"), ("form", "acme"))] == [0, 0]
    assert acme("logs", "acme").status in (0, 1)
    assert set(refused) <= {"ssm:SendCommand"}


def test_a_first_plan_is_whole(acme: Fixtunnel, tmp_path: Any, refused: list[str]) -> None:
    text = (tmp_path / "clients/acme.yaml").read_text()
    (tmp_path / "clients/newcomer.yaml").write_text(text.replace("name: acme", "name: newcomer"))
    ran = acme("plan", "newcomer", "--json")
    found = json.loads(ran.out)
    assert (ran.status, found["kind"]) == (0, "new")
    assert not [one for one in found["obstacles"] if "your role cannot see it" in one["advice"]], "it sees all"
    assert refused == []
