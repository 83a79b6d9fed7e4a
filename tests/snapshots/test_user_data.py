"""The user data of each example client, as a file of its own: the base of review."""

from __future__ import annotations

import pytest

from tests.literal import deployed, example, strict
from tests.paths import CLIENTS
from tests.snapshots.kept import assert_as_kept
from userdata.render import render


def test_a_strict_accounts() -> None:
    deployment = strict()
    assert_as_kept(f"user_data/{deployment.client.name}.yaml", render(deployment, deployed(deployment)))


@pytest.mark.parametrize("name", sorted(path.stem for path in CLIENTS.glob("*.yaml")))
def test_user_data(name: str) -> None:
    deployment = example(name)
    assert_as_kept(f"user_data/{name}.yaml", render(deployment, deployed(deployment)))
