"""`make deploy-local` and `make destroy-local` in odd places: a sentence and a status, as every program of the project has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model.configuration import stranger
from ops.deploying import cdk
from ops.failure import BadInput
from tests.hostile.command import environment
from tests.paths import ROOT

STATE = Path("out/local/123456789012-eu-west-2/aws.json")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "fixtunnel.toml").write_text(f"clients = '{ROOT}/clients'\nvenues = '{ROOT}/venues'\n")
    return tmp_path


def ran(desk: Path, *arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "localaws", *arguments],
        cwd=desk,
        env=environment(PYTHONPATH=str(ROOT)),
        check=False,
        text=True,
        timeout=60,
        **{**streams, **how},
    )
    said = f"{done.stdout or ''}{done.stderr or ''}"
    assert "Traceback" not in said and "did not expect" not in said and "╭" not in said, said
    return done


@pytest.mark.parametrize("kind", ["empty", "lacks", "no keys", "a list", "deep", "a pipe", "a folder", "sparse"])
def test_a_state_that_no_local_aws_wrote_is_refused(desk: Path, kind: str) -> None:
    path = desk / STATE
    path.parent.mkdir(parents=True)
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "sparse":
        with path.open("wb") as file:
            file.truncate(1 << 36)
    else:
        path.write_text({"empty": "", "lacks": "{}", "no keys": '{"key": {}}', "a list": "[1]"}.get(kind, "[" * 60_000))
    done = ran(desk, "destroy", "lse-proquote")
    assert done.returncode == 1
    assert "aws.json: " in done.stderr and "remove it if no embedded AWS of yours runs" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="to give a file to another user needs root")
def test_another_users_state_is_not_believed(desk: Path) -> None:
    """It names a process to end and a server to trust."""
    path = desk / STATE
    path.parent.mkdir(parents=True)
    known = {"pid": os.getpid(), "port": 9, "socket": "s", "account": "1", "region": "eu-west-2", "signals": "wait"}
    path.write_text(json.dumps({**known, "key": {"access_key_id": "a", "secret_access_key": "b"}}))
    os.chown(path, 65534, 65534)
    assert "belongs to user 65534" in ran(desk, "destroy", "lse-proquote").stderr


def test_a_file_in_the_place_of_its_folder(desk: Path) -> None:
    (desk / "out").write_text("")
    done = ran(desk, "deploy", "lse-proquote")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


def test_a_full_output(desk: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = ran(desk, "--help", stdout=full)
    assert (done.returncode, done.stderr) == (1, "fixtunnel: standard output: No space left on device\n")


def test_no_name_of_a_file_steers_the_terminal(desk: Path) -> None:
    folder = desk / "a\x1b]0;pwn\x07"
    folder.mkdir()
    (folder / "acme.yaml").write_text("name: [\n")
    done = ran(desk, "deploy", "acme", "-c", f"clients_dir={folder}")
    assert done.returncode == 2
    assert "\x1b" not in done.stderr and "\\u001b]0;pwn\\u0007" in done.stderr


def test_no_name_of_a_file_steers_the_terminal_of_who_synthesises(desk: Path) -> None:
    folder = desk / "a\x1b]0;pwn\x07"
    folder.mkdir()
    (folder / "acme.yaml").write_text("name: [\n")
    done = subprocess.run(
        [sys.executable, ROOT / "app.py"],
        cwd=desk,
        env=environment(PYTHONPATH=str(ROOT), FIXTUNNEL_CLIENTS_DIR=str(folder)),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "\x1b" not in done.stderr and "\\u001b]0;pwn\\u0007" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="to give a folder to another user needs root")
def test_another_users_command_line_of_the_cdk_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no fixtunnel.toml and no clone says whose folder it is, it is the one that we are in."""
    programs = tmp_path / "node_modules" / ".bin"
    programs.mkdir(parents=True)
    (programs / "cdk").write_text("#!/bin/sh\ntouch pwned\n")
    (programs / "cdk").chmod(0o755)
    monkeypatch.setattr(cdk, "home", lambda: tmp_path)
    assert not stranger(programs)
    os.chown(programs, 65534, 65534)
    with pytest.raises(BadInput, match="belongs to user 65534"):
        cdk.CdkRun(["deploy"], environment={}, folder=tmp_path)
    assert not (tmp_path / "pwned").exists()
