"""A role whose path changes is another role: under the name of the first one AWS refuses it half-way, and `plan` before."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from localaws.aws import EmbeddedAws
from ops.aws import Access, Account, Change
from ops.aws.stack import change_set
from ops.deploying import planning
from ops.deploying.planning import _role_twice
from ops.options import Settings
from tests.emulator.standing import Standing
from tests.literal import example
from userdata.contract import stack_name

TUNNELS = "tunnels: [{venue: lse-proquote, sender_comp_ids: [ACME]}]\n"
NAMED = f"{TUNNELS}role: {{name: acme-gw, path: /trading/}}\n"


@pytest.fixture(scope="module")
def client(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    made = Standing(aws=aws, folder=tmp_path_factory.mktemp("pathed"), name="pathed", text=NAMED)
    assert made.deploy(signal=None) == "CREATE_COMPLETE"
    return made


def said(client: Standing, text: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a plan of this text says of the role, by the local CloudFormation's change set."""
    for name, value in client.aws.environment().items():
        monkeypatch.setenv(name, value)
    client.text = text
    template = client.synthesise()
    named: Any = {"StackName": stack_name(client.name), "ChangeSetName": f"of-a-test-{secrets.token_hex(4)}"}
    client.aws.clients.cloudformation.create_change_set(
        **named, TemplateBody=json.dumps(template), Parameters=client.parameters(template)
    )
    access = Access(profile=None, region="eu-west-2")
    changes, _reason = change_set(access, named["StackName"], named["ChangeSetName"])
    return [str(one) for one in _role_twice(client.load(), tuple(changes))]


def test_another_path_under_the_same_name_is_refused_before_the_deploy_begins(
    client: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    (told,) = said(client, NAMED.replace("/trading/", "/other/"), monkeypatch)
    assert told.startswith("refused: another role would take the place of acme-gw under the same name")
    assert "another role.name together with another role.path, or none" in told
    (told,) = said(client, NAMED.replace(", path: /trading/", ""), monkeypatch)
    assert told.startswith("refused: ")


@pytest.mark.parametrize(
    "role",
    [
        "role: {name: acme-gw-2, path: /other/}",
        "role: {path: /other/}",
        "role: {name: acme-gw-2, path: /trading/}",
        "role: {name: acme-gw, path: /trading/, permissions_boundary: 'arn:aws:iam::123456789012:policy/b'}",
        "role: {name: acme-gw, path: /trading/}\ntags: {team: fix}",
    ],
)
def test_what_gives_it_another_name_or_replaces_nothing_is_not(
    client: Standing, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(client, f"{TUNNELS}{role}\n", monkeypatch) == []


def test_a_plan_has_it_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def cdk(*_: Any, **_how: Any) -> Iterator[Any]:
        yield SimpleNamespace(ended=lambda within: True, check=lambda: None)

    change = Change(action="Modify", logical_id="Role", kind="AWS::IAM::Role", replaces=True, causes=("Path",))
    stack = SimpleNamespace(name="fixtunnel-acme", status="CREATE_COMPLETE", is_busy=False, address="203.0.113.7")
    account = SimpleNamespace(find_stack=lambda _: stack, kept=lambda _: {}, access=None)
    monkeypatch.setattr(planning, "cdk", cdk)
    monkeypatch.setattr(planning, "obstacles", lambda *_: ())
    monkeypatch.setattr(planning, "change_set", lambda *_: ([change], ""))
    monkeypatch.setattr(planning, "drop_change_set", lambda *_: None)
    monkeypatch.setattr(planning, "_explained", lambda plan, *_: plan)
    deployment = example("lse-proquote")
    role = deployment.client.role.model_copy(update={"name": "acme-gw", "path": "/other/"})
    named = replace(deployment, client=deployment.client.model_copy(update={"role": role}))
    plan = planning.plan_of(Settings(), cast(Account, account), named)
    assert plan.is_refused and "the place of acme-gw" in plan.obstacles[0].what
    assert not planning.plan_of(Settings(), cast(Account, account), deployment).is_refused
