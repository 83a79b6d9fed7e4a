"""The article's client, booted once for this folder: Debian 13, libreswan, IKEv1, the Elastic IP as encryption domain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.report import write
from tests.rehearsal.scene import OUT, Scene, scene


@pytest.fixture(scope="package")
def seed() -> Iterator[Scene]:
    """The whole rehearsal, from `cdk deploy` to the FIX logout."""
    with scene("lse-proquote") as made:
        made.rehearsal.run()
        write(made.report, OUT / "lse-proquote")
        yield made
