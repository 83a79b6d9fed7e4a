"""docs/permissions.md: as the table makes it, with every verb and every call of the program in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cfnlint

from ops.permissions import OF_VERB, PAGE, page, policy
from ops.verbs import VERBS
from tests.paths import ROOT

# boto3's names of operations, and IAM's.
CALL = re.compile(r'access\.(?:call|pages)\(\s*"([a-z0-9-]+)",\s*"([a-z_]+)"')


def test_the_page_is_the_tables() -> None:
    assert PAGE.read_text() == page(), "python -m ops.permissions writes it"


def test_every_verb_is_in_it() -> None:
    assert {verb.split()[0] for verb in OF_VERB} == {verb.name.split()[0] for verb in VERBS}


def test_every_call_of_the_program_is_some_verbs() -> None:
    known = set().union(*OF_VERB.values())
    found = {
        f"{service.replace('service-', 'service')}:{''.join(part.title() for part in operation.split('_'))}"
        for path in (ROOT / "ops").rglob("*.py")
        for service, operation in CALL.findall(path.read_text())
    }
    assert len(found) > 15 and found <= known


def test_every_action_is_one_of_awss() -> None:
    """A policy with another is taken, and permits nothing. cfn-lint brings AWS's list of each service's actions."""
    known = json.loads((Path(cfnlint.__file__).parent / "data/AdditionalSpecs/Policies.json").read_text())
    for service, _, action in (one.partition(":") for one in sorted(set().union(*OF_VERB.values()))):
        assert action.lower() in known[service]["Actions"], f"{service}:{action}"


def test_who_reads_changes_nothing() -> None:
    statements = policy(["render", "status", "logs", "form"], cdk_roles=False, runs_commands=False)["Statement"]
    actions = [action for one in statements for action in one["Action"]]
    assert all(re.match(r"[a-z0-9-]+:(Describe|Get|List|Filter)", action) for action in actions)
    assert not [action for action in actions if action.startswith("secretsmanager:")]


def test_what_changes_something_names_what_is_ours() -> None:
    for statement in policy(OF_VERB, cdk_roles=True)["Statement"]:
        if statement["Sid"] not in ("Look", "Answer"):
            assert "Condition" in statement or "*" not in statement["Resource"]
