"""One region for every verb, in one order: client file, --region, AWS_REGION, AWS_DEFAULT_REGION, profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.client import Client
from model.load import load
from ops.aws import open_account
from ops.options import Settings, region_of
from tests.ops.conftest import Fixtunnel
from tests.paths import CLIENTS, VENUES

(DEPLOYMENT,) = load(clients=CLIENTS, venues=VENUES, selected=["lse-proquote"]).deployments
CONFIG = "[default]\nregion = eu-west-1\n[profile desk]\nregion = eu-central-1\n"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment that says nothing but what a test adds."""
    (tmp_path / "config").write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def client(region: str | None) -> Client:
    return DEPLOYMENT.client.model_copy(update={"region": region})


def test_who_says_it_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert region_of(client(None), Settings()) == "eu-west-1"
    assert region_of(client(None), Settings(profile="desk")) == "eu-central-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert region_of(client(None), Settings(profile="desk")) == "us-east-1"
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert region_of(client(None), Settings()) == "us-west-2"
    assert region_of(client(None), Settings(region="ap-south-1")) == "ap-south-1"
    assert region_of(client("eu-west-2"), Settings(region="ap-south-1")) == "eu-west-2"


def test_aws_is_asked_where_aws_region_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 by itself knows AWS_DEFAULT_REGION alone."""
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert open_account(Settings(), DEPLOYMENT).region == "us-west-2"


@pytest.mark.parametrize("verb", ["cost", "plan", "status"])
def test_no_region_says_where_to_write_it(fixtunnel: Fixtunnel, verb: str) -> None:
    ran = fixtunnel(verb, "lse-proquote")
    assert (ran.status, "give --region" in ran.err) == (2, True)


def test_an_estimate_is_of_that_region(fixtunnel: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "in eu-west-2" in fixtunnel("--region", "eu-west-2", "cost", "lse-proquote").out
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert "in eu-central-1" in fixtunnel("cost", "lse-proquote").out
