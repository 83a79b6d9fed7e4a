"""The user data of each example client, as a file of its own: the base of review."""

from __future__ import annotations

import pytest

from tests.literal import deployed, example
from tests.paths import CLIENTS
from tests.snapshots.kept import assert_as_kept
from userdata.render import render


@pytest.mark.parametrize("name", sorted(path.stem for path in CLIENTS.glob("*.yaml")))
def test_user_data(name: str) -> None:
    deployment = example(name)
    assert_as_kept(f"user_data/{name}.yaml", render(deployment, deployed(deployment)))
