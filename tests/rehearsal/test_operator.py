"""plan, deploy and destroy by the CDK's own command line, on the embedded AWS. Half a minute; needs no root."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localaws.aws import EmbeddedAws
from tests.ops.conftest import Fixtunnel, Ran, fixtunnel
from tests.paths import VENUES

__all__ = ["fixtunnel"]
FILE = """\
name: acme
tunnels:
  - venue: lse-proquote
    sender_comp_ids: [ACME]
alarm_email: fix-ops@example.com
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with EmbeddedAws(tmp_path_factory.mktemp("aws"), signals="stand-in") as aws:
        yield aws


@pytest.fixture
def desk(aws: EmbeddedAws, tmp_path: Path, fixtunnel: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> Fixtunnel:
    """The command on one client's file."""
    (tmp_path / "acme.yaml").write_text(FILE)
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FIXTUNNEL_SESSION", "/nonexistent")

    def run(*arguments: str) -> Ran:
        return fixtunnel("--clients-dir", str(tmp_path), "--venues-dir", str(VENUES), *arguments)

    return run


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No venue trades, whatever the day on which this runs."""
    monkeypatch.setattr("ops.deploying.planning.trading", lambda _venues, _moment: ())
    monkeypatch.setattr("ops.verbs.destroy.trading", lambda _venues, _moment: ())


@pytest.mark.usefixtures("quiet")
def test_deployed_destroyed_and_deployed_again_with_the_address_that_the_venue_knows(
    desk: Fixtunnel, aws: EmbeddedAws
) -> None:
    ran = desk("deploy", "acme")
    assert (ran.status, "npx cdk bootstrap" in ran.out) == (1, True)
    aws.bootstrap()
    plan = json.loads(desk("plan", "acme", "--json").out)
    assert (plan["kind"], plan["is_refused"]) == ("new", False)

    ran = desk("deploy", "acme")
    assert (ran.status, "deployed acme" in ran.out) == (1, True), "the gateway cannot be asked: the status says so"
    address = aws.outputs("acme")["PublicAddress"]
    assert address in ran.out
    assert "the gateway: made" in ran.err

    assert desk("destroy", "acme").status == 2, "nobody is there to ask"
    assert aws.status("fixtunnel-acme") == "CREATE_COMPLETE"
    ran = desk("destroy", "acme", "--yes")
    assert ran.status == 0, ran.err
    assert f"kept the address {address}" in ran.out and "$4.07 a month" in ran.out
    assert aws.status("fixtunnel-acme") is None

    assert f"adopts the address {address}" in desk("plan", "acme").out
    desk("deploy", "acme")
    assert aws.outputs("acme")["PublicAddress"] == address


def test_a_change_is_planned_guarded_and_deployed(
    desk: Fixtunnel, aws: EmbeddedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet: None
) -> None:
    aws.bootstrap()
    desk("deploy", "acme")
    assert json.loads(desk("plan", "acme", "--json").out)["kind"] == "nothing"

    (tmp_path / "acme.yaml").write_text(FILE.replace("fix-ops", "desk"))
    plan = json.loads(desk("plan", "acme", "--json").out)
    assert (plan["kind"], plan["seconds_down"]) == ("in place", 0)
    (cause,) = plan["causes"]
    assert (cause["what"], cause["before"], cause["after"]) == (
        "alarm_email", "fix-ops@example.com", "desk@example.com",
    )  # fmt: skip

    (tmp_path / "acme.yaml").write_text(FILE + "gateway: {instance_type: t3.medium}\n")
    monkeypatch.setattr("ops.deploying.planning.trading", lambda venues, _moment: tuple(venues))
    ran = desk("plan", "acme")
    assert "replaces the gateway" in ran.out and "deploy wants --now" in ran.out
    assert f"gateway.instance_type t3.small -> t3.medium, {tmp_path}/acme.yaml:6: replaces the gateway" in ran.out
    before, address = aws.instance("acme").instance_id, aws.outputs("acme")["PublicAddress"]
    ran = desk("deploy", "acme")
    assert (ran.status, "in session" in ran.err) == (1, True)
    assert aws.instance("acme").instance_id == before
    assert desk("deploy", "acme", "--now").status == 2, "nobody is there to ask"
    assert aws.instance("acme").instance_id == before
    desk("deploy", "acme", "--now", "--yes")
    assert aws.instance("acme").instance_id != before
    assert aws.outputs("acme")["PublicAddress"] == address
