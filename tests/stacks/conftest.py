"""The example clients, synthesised once."""

from __future__ import annotations

import pytest

from tests.literal import example
from tests.paths import CLIENTS
from tests.stacks.synthesis import Stack, synthesise

EXAMPLES = sorted(path.stem for path in CLIENTS.glob("*.yaml"))


@pytest.fixture(scope="session")
def stacks() -> dict[str, Stack]:
    """The stack of each example client."""
    return synthesise([example(name) for name in EXAMPLES])


@pytest.fixture(params=EXAMPLES)
def stack(request: pytest.FixtureRequest, stacks: dict[str, Stack]) -> Stack:
    """The stack of one example client after the other."""
    return stacks[request.param]
