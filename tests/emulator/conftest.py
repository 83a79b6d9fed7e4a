"""One embedded AWS for all tests; a client of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localaws.aws import EmbeddedAws
from tests.emulator.standing import Standing

SMALL = """\
tunnels:
  - venue: lse-proquote
    sender_comp_ids: [ACME]
alarm_email: fix-ops@example.com
"""


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """An account in which every gateway's signal is awaited, with the one mark of `cdk bootstrap` that a stack reads."""
    with EmbeddedAws(tmp_path_factory.mktemp("aws"), signals="wait", zones="shuffled") as aws:
        aws.clients.ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
        yield aws


@pytest.fixture
def client(aws: EmbeddedAws, tmp_path: Path, request: pytest.FixtureRequest) -> Standing:
    """The article's client under the test's own name."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:30].strip("-")
    return Standing(aws=aws, folder=tmp_path, name=name, text=SMALL)
