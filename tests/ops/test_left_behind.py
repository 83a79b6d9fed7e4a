"""What outlives a stack, as the command tells of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from localaws.aws import EmbeddedAws
from tests.emulator.standing import Standing
from tests.ops.conftest import ACME, CANARY, Fixtunnel, Ran
from tests.paths import VENUES

TUNNEL = "LSE_Proquote"


def named(aws: EmbeddedAws, folder: Path, request: pytest.FixtureRequest) -> Standing:
    """A client of the test's own name."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:30].strip("-")
    return Standing(aws=aws, folder=folder, name=name, text=ACME)


@pytest.fixture
def left(aws: EmbeddedAws, tmp_path: Path, request: pytest.FixtureRequest) -> Standing:
    """A client of the test's own name that was deployed, given a PSK, and destroyed."""
    client = named(aws, tmp_path, request)
    assert client.deploy(signal=None) == "CREATE_COMPLETE"
    aws.set_secret(aws.secrets(client.name)[TUNNEL], CANARY)
    assert client.destroy() == "DELETE_COMPLETE"
    return client


@pytest.fixture
def desk(aws: EmbeddedAws, left: Standing, fixtunnel: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> Fixtunnel:
    """The command on that client's file."""
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)

    def run(verb: str, *arguments: str) -> Ran:
        return fixtunnel("--clients-dir", str(left.folder), "--venues-dir", str(VENUES), verb, left.name, *arguments)

    return run


def test_a_plan_names_what_it_adopts(desk: Fixtunnel, left: Standing) -> None:
    ran = desk("plan")
    assert ran.status == 0
    assert f"adopts the address {left.kept_addresses[0]}" in ran.out
    assert f"adopts the secret of {TUNNEL}" in ran.out
    assert "has no value" not in ran.out
