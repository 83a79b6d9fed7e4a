"""`make deploy-local` and `make destroy-local`, with the CDK's own command line: no root needed, but a minute of time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from localaws import command as local
from localaws.aws import EmbeddedAws
from localaws.cdk import Cdk, CdkFailed

CLIENT = "lse-proquote"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A place for the embedded AWS that is not `out/local`, where a person may have one."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("local")
        patch.setattr(local, "runs", lambda: folder)
        yield folder
        left = EmbeddedAws(folder / "123456789012-eu-west-2")
        if left.find():
            left.stop()


def run(*words: str) -> str:
    """What a command prints."""
    result = CliRunner().invoke(local.app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def rows(output: str, kind: str) -> list[str]:
    """The table's lines for a kind of resource."""
    return [line for line in output.splitlines() if f" {kind} " in line]


def test_deploy_change_and_destroy(runs: Path) -> None:
    first = run("deploy", CLIENT)
    (gateway,), (address,) = rows(first, "EC2 Instance"), rows(first, "EC2 EIP")
    assert "created" in gateway
    ip = re.findall(r"203\.0\.113\.\d+", address)[0]
    assert f"PublicAddress = {ip}" in first

    again = run("deploy", CLIENT)
    assert "unchanged" in rows(again, "EC2 Instance")[0]

    changed = run("deploy", CLIENT, "-c", "gateway.image=debian-12")
    assert re.search(r"i-\w+ \(was i-\w+\).*replaced", rows(changed, "EC2 Instance")[0])
    assert "unchanged" in rows(changed, "EC2 EIP")[0]
    assert f"PublicAddress = {ip}" in changed

    gone = run("destroy", CLIENT)
    assert "retained" in rows(gone, "EC2 EIP")[0]
    assert "deleted" in rows(gone, "EC2 Instance")[0]
    assert not EmbeddedAws(runs / "123456789012-eu-west-2").find(), "the server is gone with its last client"
    assert "nothing to destroy" in run("destroy", CLIENT)


def test_change_sets_and_failures(tmp_path: Path) -> None:
    with EmbeddedAws(tmp_path, signals="wait") as aws:
        aws.bootstrap()
        stack = f"fixtunnel-{CLIENT}"
        words = [
            "deploy",
            stack,
            "-c",
            f"client={CLIENT}",
            "--require-approval=never",
            "--output",
            str(tmp_path / "out"),
        ]
        with Cdk([*words, "--method=change-set", "--no-notices", "--ci"], environment=aws.environment()) as deploy:
            aws.signal(CLIENT, limit=120)
            deploy.wait(limit=120)
        assert aws.status(stack) == "CREATE_COMPLETE"
        old = aws.instance(CLIENT)
        with aws.deploying(CLIENT, context={"gateway.image": "debian-12"}) as deploy:
            aws.wait_for_instance(CLIENT, limit=120, other_than={old.instance_id})
            aws.signal(CLIENT, success=False)
            with pytest.raises(CdkFailed, match="Received FAILURE signal"):
                deploy.wait(limit=120)
        assert aws.instance(CLIENT) == old
