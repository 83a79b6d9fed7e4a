"""The CloudFormation template of each example client, small enough to be read.

The user data has a file of its own beside it (`user_data/`), and what only says that some byte of it changed is left out.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.literal import example, strict
from tests.paths import CLIENTS
from tests.snapshots.kept import assert_as_kept
from tests.stacks.synthesis import Stack, synthesise

EXAMPLES = sorted(path.stem for path in CLIENTS.glob("*.yaml"))
ALL = [*EXAMPLES, "meridian-strict"]


@pytest.fixture(scope="module")
def stacks() -> dict[str, Stack]:
    return synthesise([*(example(name) for name in EXAMPLES), strict()])


@pytest.mark.parametrize("name", ALL)
def test_template(stacks: dict[str, Stack], name: str) -> None:
    stack = stacks[name]
    template: dict[str, Any] = json.loads(json.dumps(stack.template))
    template["Resources"][stack.instance_id]["Properties"]["UserData"] = f"user_data/{name}.yaml"
    for part in ("Rules", "Parameters"):  # what CDK writes into every template, to find its bootstrap stack
        template[part] = {key: one for key, one in template.get(part, {}).items() if "Bootstrap" not in key}
    text = json.dumps({key: part for key, part in template.items() if part}, indent=1, sort_keys=True)
    text = re.sub(r"[0-9a-f]{64}", "<sha256>", text.replace(stack.instance_id, "Gateway<digest>"))
    assert_as_kept(f"templates/{name}.json", text + "\n")
