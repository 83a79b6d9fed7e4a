"""What each verb says with --json: its schema is there and current, and it is what is said.

The fixture `fixtunnel` (conftest) holds every run with --json of any test to the schema of its verb, with nothing more.
"""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from ops.aws import Change
from ops.deploying.causes import Cause
from ops.deploying.obstacle import Obstacle
from ops.deploying.planning import Plan
from ops.schema import KINDS, schemas
from tests.emulator.standing import Standing
from tests.ops.conftest import CANARY, Fixtunnel, diagnosed, fits_its_schema, folders, piped, reachable
from tests.ops.embedded import Case, StandInGateway
from tests.ops.test_help import commands
from tests.paths import ROOT

WITHOUT = {"rehearse", "shell"}
"""The report of a rehearsal is a JSON of its own, and a shell says what is asked there."""


def test_every_verb_says_it_for_a_machine() -> None:
    assert sorted(KINDS) == sorted(commands().keys() - WITHOUT)
    for name, command in commands().items():
        assert name in WITHOUT or any("--json" in option.opts for option in command.params), name


def test_the_schemas_are_current() -> None:
    for file, content in schemas().items():
        assert file.read_text() == content, "run `python -m ops.schema`"
        jsonschema.Draft202012Validator.check_schema(json.loads(content))
    assert {*schemas()} == {*(ROOT / "ops/schema").glob("*.json")}


def test_what_is_not_named_does_not_fit() -> None:
    entry = {"words": ["up"], "section": "", "meaning": "", "text": ""}
    fits_its_schema("explain", [entry])
    with pytest.raises(jsonschema.ValidationError):
        fits_its_schema("explain", [{**entry, "more": 1}])
    with pytest.raises(jsonschema.ValidationError):
        fits_its_schema("plan", {"client": "acme"})


@pytest.mark.parametrize(
    "line",
    [
        "check --json",
        "fmt --json",
        "explain --json",
        "render acme-capital --json",
        "form acme-capital --offline --json",
        "choose acme-capital --json",
        "cost acme-capital --json",
    ],
)
def test_of_files(line: str, fixtunnel: Fixtunnel) -> None:
    assert json.loads(fixtunnel(*line.split()).out)


def test_of_a_new_client(fixtunnel: Fixtunnel, desk: Path) -> None:
    ran = fixtunnel(*folders(desk), "new", "acme", "--venue", "lse-proquote", "--sender-comp-id", "A", "--json")
    assert json.loads(ran.out)["file"] == str(desk / "clients" / "acme.yaml")


def test_of_a_gateway(
    acme: Fixtunnel, case: Case, gateway: StandInGateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert diagnosed(acme, case, monkeypatch)["well"]
    assert json.loads(acme("status", "acme", "--json").out)[0]["client"] == "acme"
    reachable(gateway, monkeypatch)
    assert json.loads(acme("secret", "verify", "acme", "--json").out)[0]["alike"]
    piped(monkeypatch, CANARY, tmp_path)
    ran = acme("secret", "set", "acme", "--json")
    assert json.loads(ran.out)["outcome"] == "stored"
    assert "stored a new PSK" in ran.err


def test_of_a_plan(acme: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> None:
    change = Change(
        action="Modify", logical_id="Gateway", kind="AWS::EC2::Instance", replaces=None, causes=("UserData",)
    )
    plan = Plan(
        client="acme", kind="replaces the gateway", words=("replaces the gateway",), seconds_down=60, trading=("lse",),
        obstacles=(Obstacle(what="a quota", advice="ask for more"),), changes=(change,),
        causes=(Cause(what="gateway.image", before="a", after="b", place="acme.yaml:3", does="replaces the gateway"),),
    )  # fmt: skip
    monkeypatch.setattr("ops.verbs.plan.plan_of", lambda *_, **__: plan)
    ran = acme("plan", "acme", "--json")
    assert (ran.status, json.loads(ran.out)["is_refused"]) == (1, True)


def test_of_an_image(acme: Fixtunnel, standing: Standing) -> None:
    for verb in ("pin", "update"):
        assert json.loads(acme("image", verb, "acme", "--json").out)["image"].startswith("ami-")
