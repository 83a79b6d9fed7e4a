"""`plan --out` and `deploy PLAN`: what was reviewed, or nothing. `tests/rehearsal/test_operator.py` has the CDK's own part."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localaws.aws import ACCOUNT, EmbeddedAws
from ops.aws import Access
from ops.aws.stack import change_set
from ops.deploying.obstacle import Obstacle
from ops.deploying.planning import Plan
from ops.deploying.saved import Saved
from tests.emulator.standing import Standing
from tests.ops.conftest import Fixtunnel
from tests.ops.test_deploy import seen
from tests.paths import VENUES
from userdata.contract import stack_name

TEXT = "region: eu-west-2\ntunnels: [{venue: lse-proquote, sender_comp_ids: [ACME]}]\n"
WINDOW = "restart_window: {days: [sun], start: '06:00', end: '08:00'}\n"
PLAN = Plan(
    client="saved", kind="in place", words=("changes things in place",), seconds_down=0, trading=(), obstacles=(), changes=(),
)  # fmt: skip


@pytest.fixture(scope="module")
def client(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    made = Standing(aws=aws, folder=tmp_path_factory.mktemp("saved"), name="saved", text=TEXT)
    assert made.deploy(signal=None) == "CREATE_COMPLETE"
    return made


@pytest.fixture
def desk(client: Standing, fixtunnel: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> Fixtunnel:
    for name, value in client.aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("ops.deploying.saved.trading", lambda *_: ())
    monkeypatch.setattr("ops.verbs.deploy.arrived", lambda *_: replace(seen("up"), client="saved"))
    return lambda *words: fixtunnel("--clients-dir", str(client.folder), "--venues-dir", str(VENUES), *words)


def prepared(client: Standing, name: str, text: str) -> Plan:
    """The change set that the CDK would prepare for this text, and the plan that it makes."""
    client.text = text
    template = client.synthesise()
    named: Any = {"StackName": stack_name("saved"), "ChangeSetName": name, "TemplateBody": json.dumps(template)}
    client.aws.clients.cloudformation.create_change_set(**named, Parameters=client.parameters(template))
    access = Access(profile=None, region="eu-west-2")
    return replace(PLAN, changes=tuple(change_set(access, stack_name("saved"), name)[0]))


def saved(folder: Path, name: str, **other: Any) -> str:
    path = folder / "reviewed.json"
    given: dict[str, Any] = {
        "account": ACCOUNT,
        "region": "eu-west-2",
        "made": "2026-11-28T12:00:00+00:00",
        "plan": PLAN,
    }
    Saved(change_set=name, **{**given, **other}).write(path)
    return str(path)


def test_what_was_reviewed_is_deployed_and_once_alone(client: Standing, desk: Fixtunnel, tmp_path: Path) -> None:
    path = saved(tmp_path, "reviewed", plan=prepared(client, "reviewed", TEXT + WINDOW))
    (client.folder / "saved.yaml").write_text(f"name: saved\n{TEXT}description: changed since\n")
    ran = desk("deploy", path)
    assert (ran.status, "deployed saved, as the plan of" in ran.out) == (0, True), ran.err
    said = client.aws.clients.ssm.get_parameter(Name="/fixtunnel/saved/operations")["Parameter"]["Value"]
    assert "06:00" in said
    ran = desk("deploy", path)
    assert (ran.status, "nothing was deployed: the stack has changed" in ran.err) == (1, True)


def test_nothing_is_deployed_once_the_stack_has_changed(client: Standing, desk: Fixtunnel, tmp_path: Path) -> None:
    older = prepared(client, "older", TEXT + WINDOW.replace("06:00", "05:00"))
    client.text = TEXT + WINDOW.replace("06:00", "04:00")
    client.deploy(signal=None)
    ran = desk("deploy", saved(tmp_path, "older", plan=older))
    assert (ran.status, "nothing was deployed: the stack has changed" in ran.err) == (1, True)
    assert desk("deploy", saved(tmp_path, "never-was")).status == 1


def test_a_plan_of_another_account_or_region_is_refused(desk: Fixtunnel, tmp_path: Path) -> None:
    ran = desk("deploy", saved(tmp_path, "x", account="999999999999"))
    assert (ran.status, "999999999999" in ran.err) == (1, True)
    ran = desk("deploy", saved(tmp_path, "x", region="eu-west-1"))
    assert (ran.status, "eu-west-1" in ran.err) == (1, True)


def test_the_change_set_counts_not_what_the_file_says_of_it(client: Standing, desk: Fixtunnel, tmp_path: Path) -> None:
    other = prepared(client, "other", TEXT + WINDOW.replace("06:00", "03:00"))
    for told in ({"changes": ()}, {"kind": "nothing"}):
        ran = desk("deploy", saved(tmp_path, "other", plan=replace(other, **told)))
        assert (ran.status, "does not say what its change set does" in ran.err) == (1, True)


def test_session_hours_and_refusals_count_for_a_saved_plan_too(
    client: Standing, desk: Fixtunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, "later", plan=prepared(client, "later", TEXT + WINDOW.replace("06:00", "02:00")))
    monkeypatch.setattr("ops.deploying.saved.judged", lambda _: ("in place", 60))
    monkeypatch.setattr("ops.deploying.saved.trading", lambda venues, _: [venues[0]])
    ran = desk("deploy", path)
    assert (ran.status, "in session" in ran.err) == (1, True)
    refusal = Obstacle(what="an address is gone", advice="")
    monkeypatch.setattr("ops.deploying.saved.obstacles", lambda *_: [refusal])
    ran = desk("deploy", path)
    assert (ran.status, "an address is gone" in ran.out, "would refuse it" in ran.err) == (1, True, True)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"plan": {}, "change_set": 1}'])
def test_a_file_that_is_no_plan_is_a_wrong_argument(text: str, desk: Fixtunnel, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    ran = desk("deploy", str(path))
    assert (ran.status, "is no plan" in ran.err) == (2, True)
    assert desk("deploy", str(tmp_path / "nosuch.json")).status == 2
