"""An AWS on this machine in the place of AWS: which is asked, and that nothing invented gets into a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from localaws.aws import EmbeddedAws
from tests.emulator.standing import Standing
from tests.ops.conftest import CANARY, Fixtunnel, Ran, piped
from tests.paths import VENUES

MINIMUM = "gateway: {instance_type: t3.small}\n"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A copy, which the command may change; with what the desk has of its own."""
    copy = {**os.environ, "AWS_PROFILE": "desk", "AWS_ENDPOINT_URL_EC2": "https://ec2.example"}
    monkeypatch.setattr("os.environ", copy)
    return copy


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> Path:
    """Where `out/` lies."""
    monkeypatch.setattr("ops.command.home", lambda: tmp_path)
    return tmp_path


def rehearsal_is_up(project: Path, aws: EmbeddedAws) -> None:
    run_dir = project / "run"
    run_dir.mkdir()
    (run_dir / "aws").symlink_to(aws.run_dir)
    (project / "out" / "rehearsal").mkdir(parents=True)
    (project / "out" / "rehearsal" / "up").write_text(f"{run_dir}\nvenue\n")


def local_is_up(project: Path, aws: EmbeddedAws, name: str = "123456789012-eu-west-2") -> None:
    (project / "out" / "local").mkdir(parents=True, exist_ok=True)
    (project / "out" / "local" / name).symlink_to(aws.run_dir)


def was_killed(project: Path) -> None:
    """Both: their files are still there."""
    gone = project / "gone" / "aws"
    gone.mkdir(parents=True)
    (gone / "aws.json").write_text(json.dumps({"pid": 2**22 + 1, "port": 9, "region": "eu-west-2"}))
    for name in ("rehearsal", "local"):
        (project / "out" / name).mkdir(parents=True)
    (project / "out" / "local" / "123456789012-eu-west-2").symlink_to(gone)
    (project / "out" / "rehearsal" / "up").write_text(f"{gone.parent}\nvenue\n")


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize(
    ("option", "start"),
    [("--rehearsal", "fixtunnel rehearse CLIENT --keep"), ("--local", "make deploy-local CLIENT=…")],
)
def test_what_is_not_up_says_how_to_start_it(
    project: Path, fixtunnel: Fixtunnel, option: str, start: str, killed: bool
) -> None:
    if killed:
        was_killed(project)
    ran = fixtunnel(option, "status")
    assert (ran.status, start in ran.err) == (2, True)


def test_a_wheel_has_no_make(project: Path, fixtunnel: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.stand_in.is_clone", lambda: False)
    ran = fixtunnel("--local", "status")
    assert (ran.status, "start it" in ran.err) == (2, False)
    assert "it needs a clone (make deploy-local); without one: fixtunnel rehearse CLIENT --keep" in ran.err


def test_each_names_the_other_that_is_up(project: Path, aws: EmbeddedAws, fixtunnel: Fixtunnel) -> None:
    local_is_up(project, aws)
    ran = fixtunnel("--rehearsal", "status")
    assert (ran.status, "--local" in ran.err) == (2, True)
    (project / "out" / "local" / "123456789012-eu-west-2").unlink()
    rehearsal_is_up(project, aws)
    ran = fixtunnel("--local", "status")
    assert (ran.status, "--rehearsal" in ran.err) == (2, True)


def test_of_several_one_is_named(project: Path, aws: EmbeddedAws, fixtunnel: Fixtunnel) -> None:
    local_is_up(project, aws)
    local_is_up(project, aws, "210987654321-eu-west-2")
    ran = fixtunnel("--local", "status")
    assert (ran.status, "--region" in ran.err, "210987654321-eu-west-2" in ran.err) == (2, True, True)
    assert "no AWS on this machine is up in us-east-1" in fixtunnel("--region", "us-east-1", "--local", "status").err
    assert "exclude each other" in fixtunnel("--local", "--rehearsal", "status").err


def test_another_users_is_not_asked(project: Path, fixtunnel: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its key is its owner's alone: to ask without would be refused word by word."""
    was_killed(project)
    real = os.access
    monkeypatch.setattr("os.access", lambda path, *rest: str(path).find("aws.json") < 0 and real(path, *rest))
    assert "no AWS which you may ask on this machine is up" in fixtunnel("--local", "status").err


@pytest.mark.parametrize("option", ["--rehearsal", "--local"])
def test_it_is_asked_alone(
    project: Path, aws: EmbeddedAws, fixtunnel: Fixtunnel, environment: dict[str, str], option: str
) -> None:
    """A profile of the desk's would not be found there; an endpoint or a token of its own would lead to AWS."""
    rehearsal_is_up(project, aws)
    local_is_up(project, aws)
    fixtunnel(option, "status")
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_EC2"} & environment.keys()
    assert environment["AWS_ENDPOINT_URL"] == aws.where.endpoint
    assert environment["AWS_SECRET_ACCESS_KEY"] == aws.where.key.secret_access_key
    assert environment["CDK_HOME"].startswith(str(project)), "an invented account is nothing for ~/.cdk"


@pytest.fixture(params=["--rehearsal", "--local"])
def beside(
    request: pytest.FixtureRequest, project: Path, aws: EmbeddedAws, standing: Standing, fixtunnel: Fixtunnel
) -> Any:
    """The command on a client file that is meant for AWS, asking what is up here instead."""
    rehearsal_is_up(project, aws)
    local_is_up(project, aws)
    (project / "clients").mkdir()
    path = project / "clients" / "acme.yaml"
    path.write_text((standing.folder / "acme.yaml").read_text() + MINIMUM)

    def run(*words: str) -> Ran:
        before = path.read_text()
        ran = fixtunnel(request.param, "--clients-dir", str(path.parent), "--venues-dir", str(VENUES), *words)
        assert path.read_text() == before, "a file that is meant for AWS"
        return ran

    return run


@pytest.mark.parametrize("verb", ["pin", "update"])
def test_an_invented_image_is_not_written(beside: Fixtunnel, verb: str) -> None:
    ran = beside("image", verb, "acme")
    assert (ran.status, ran.out, "invented" in ran.err) == (2, "", True)


def test_an_invented_address_is_on_no_form(beside: Fixtunnel, standing: Standing, tmp_path: Path) -> None:
    ran = beside("form", "acme", "--to", str(tmp_path / "forms"))
    assert "stays blank" in ran.err
    for words in (beside("form", "acme").out, (tmp_path / "forms" / "acme-lse-proquote.md").read_text()):
        assert standing.address["PublicIp"] not in words
        assert "client to fill in" in words


def test_a_psk_of_a_rehearsal_marks_no_file_and_is_no_venues(
    beside: Fixtunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.verbs.secret.trading", lambda *_: ())
    piped(monkeypatch, "short", tmp_path)
    ran = beside("secret", "set", "acme", "--weak-psk")
    assert (ran.status, "stays as it is" in ran.err) == (0, True)
    ran = beside("secret", "set", "acme", "--generate", "--into", str(tmp_path / "new.psk"))
    assert "no venue's" in ran.err and "pass it on" not in ran.err
    piped(monkeypatch, CANARY, tmp_path)
    assert beside("secret", "set", "acme").status == 0


def test_without_a_machine_the_gateway_says_so(
    project: Path, aws: EmbeddedAws, standing: Standing, fixtunnel: Fixtunnel
) -> None:
    local_is_up(project, aws)
    ran = fixtunnel("--clients-dir", str(standing.folder), "--venues-dir", str(VENUES), "--local", "status", "acme")
    assert standing.address["PublicIp"] in ran.out and "no machine was booted" in ran.out
