"""The CDK's command line asks as whom the plan was made for, whatever else the environment says."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.aws import open_access
from ops.deploying.cdk import cdk
from ops.deploying.npm import npx
from ops.options import Settings

Environment = dict[str, str]
PROFILES = """\
[desk]
aws_access_key_id = of-the-profile
aws_secret_access_key = its-secret
aws_session_token = its-token
"""


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], Environment]:
    """The environment of a CLI that was started with a profile, or without one."""
    said, program = tmp_path / "said", tmp_path / "cdk"
    program.write_text(f"#!/bin/sh\nenv > {said}\n")
    program.chmod(0o755)
    (tmp_path / "credentials").write_text(PROFILES)
    monkeypatch.setattr("ops.deploying.cdk._cli", lambda: program)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    def run(profile: str | None) -> Environment:
        access = open_access(profile=profile, region="eu-west-2")
        with cdk("deploy", "acme", settings=Settings(profile=profile), access=access) as one:
            assert one.ended(within=10)
        return dict(line.split("=", 1) for line in said.read_text().splitlines() if "=" in line)

    return run


def test_a_profile_is_not_outdone_by_keys_of_another_account(
    given: Callable[[str | None], Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-another-account")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "its-secret-too")
    monkeypatch.setenv("AWS_PROFILE", "another")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::999999999999:role/another")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/another")
    found = given("desk")
    who = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    assert [found[name] for name in who] == ["of-the-profile", "its-secret", "its-token"]
    assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == ("eu-west-2", "eu-west-2")
    assert "another" not in " ".join(value for name, value in found.items() if name.startswith("AWS_"))


def test_where_aws_is_stays_as_the_environment_says(
    given: Callable[[str | None], Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {
        "AWS_ENDPOINT_URL": "http://localhost:1",
        "AWS_CA_BUNDLE": "/etc/ours.pem",
        "HTTPS_PROXY": "http://proxy:3128",
    }
    for name, value in {**kept, "AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "own"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "")
    found = given(None)
    assert {name: found[name] for name in kept} == kept
    assert found["AWS_ACCESS_KEY_ID"] == "own"
    assert "AWS_SESSION_TOKEN" not in found


def test_npx_is_named_where_no_shell_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel brings node beside its own Python. A person pastes the command into a shell of their own."""
    bin_ = f"{sys.prefix}/bin"
    monkeypatch.setenv("PATH", bin_)
    assert npx() == "npx"
    monkeypatch.setenv("PATH", "/nonexistent")
    assert npx() == f"PATH={bin_}:$PATH npx"
