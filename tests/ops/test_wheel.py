"""The wheel, installed where no clone is: `init` makes a firm's repository, and the files are worked with there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from localaws.aws import EmbeddedAws
from tests.ops.embedded import bootstrapped
from tests.paths import ROOT

NPM = """#!/bin/sh
echo "$@" >npm-was-asked
test -f package-lock.json
"""


class Desk:
    """A machine with the command alone, and a folder."""

    def __init__(self, folder: Path, program: Path) -> None:
        self.folder, self._program = folder, program
        programs = folder / "programs"
        programs.mkdir()
        (programs / "npm").write_text(NPM)
        (programs / "npm").chmod(0o755)
        gone = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FIXTUNNEL", "AWS"))
        }
        self.environment = {**gone, "PATH": f"{programs}:/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true"}

    def run(self, *arguments: str, where: str = "ours", status: int = 0, more: Mapping[str, str] | None = None) -> str:
        environment = {**self.environment, **(more or {})}
        done = subprocess.run(
            [self._program, *arguments], cwd=self.folder / where, env=environment, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """What it depends on is that of this Python: nothing is fetched. Its own files come of the wheel alone."""
    folder = tmp_path_factory.mktemp("desk")
    source = folder / "source"
    shutil.copytree(
        ROOT, source, ignore=shutil.ignore_patterns(".*", "node_modules", "out", "cdk.out", "__pycache__", "tests")
    )
    uv = [sys.executable, "-m", "uv"]
    build = [
        *uv,
        "build",
        "--quiet",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        str(folder),
    ]
    subprocess.run([*build, str(source)], check=True, timeout=300)
    shutil.rmtree(source)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True, timeout=120)
    python = folder / "venv" / "bin" / "python"
    install = [*uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python), str(wheel)]
    subprocess.run(install, check=True, timeout=300)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "these.pth").write_text(f"{ours}\n")
    (folder / "ours").mkdir()
    return Desk(folder, folder / "venv" / "bin" / "fixtunnel")


def test_it_works_in_an_empty_folder(desk: Desk) -> None:
    assert "fixtunnel 0" in desk.run("--version")
    made = json.loads(desk.run("init", "--json"))["files"]
    assert {
        "fixtunnel.toml",
        ".gitignore",
        "package-lock.json",
        "fixtunnel-requirements.txt",
        ".github/workflows/fixtunnel.yml",
    } <= set(made)
    ours = desk.folder / "ours"
    assert (ours / "npm-was-asked").read_text().startswith("ci ")
    assert (ours / "package-lock.json").read_text() == (ROOT / "package-lock.json").read_text()
    assert json.loads(desk.run("init", "--json"))["files"] == [], "what is there stays"

    new = ("new", "acme", "--venue", "lse-proquote", "--sender-comp-id", "ACME", "--region", "eu-west-2")
    desk.run(*new)
    client = ours / "clients" / "acme.yaml"
    schema = client.read_text().partition("\n")[0].partition("$schema=")[2]
    assert (client.parent / schema).resolve() == (ours / "schema" / "client.schema.json").resolve()
    for venue in (ours / "venues").glob("*.yaml"):
        schema = venue.read_text().partition("\n")[0].partition("$schema=")[2]
        assert (venue.parent / schema).exists(), venue
    (ours / "below").mkdir()
    assert "no errors" in desk.run("check", "acme", where="ours/below")
    desk.run("fmt", "--check")
    desk.run("form", "acme", "--offline", "--to", "forms")
    assert len([*(ours / "forms").iterdir()]) == 3
    explained = desk.run("explain", "no-answer")
    assert "fixtunnel doctor CLIENT" in explained and "./fixtunnel" not in explained


def test_it_writes_nothing_into_itself(desk: Desk) -> None:
    (desk.folder / "elsewhere").mkdir(exist_ok=True)
    given = ("--venue", "lse-proquote", "--no-ask", "--sender-comp-id", "ACME")
    desk.run("new", "stray", *given, where="elsewhere", status=2)
    assert not list((desk.folder / "venv").rglob("stray.yaml"))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[EmbeddedAws]:
    """An account of its own: in the one that other tests share, no Elastic IP may be left."""
    with bootstrapped(tmp_path / "aws", signals="wait") as aws:
        yield aws


def test_it_plans(desk: Desk, fresh: EmbeddedAws) -> None:
    """Of a client without a stack: what AWS has is asked from where no clone is."""
    desk.run("init", "--no-npm")
    desk.run("new", "planned", "--venue", "lse-proquote", "--sender-comp-id", "ACME", "--region", fresh.where.region)
    found = json.loads(desk.run("plan", "planned", "--json", more=fresh.environment()))
    assert (found["kind"], found["is_refused"]) == ("new", False)


def test_a_gateway_is_given_the_same_as_from_a_clone(desk: Desk, tmp_path: Path) -> None:
    """Another octet would replace every gateway of who changes from a clone to the wheel."""
    desk.run("init", "--no-npm")
    client = desk.folder / "ours" / "clients" / "lse-proquote.yaml"
    shutil.copy(ROOT / "clients" / "lse-proquote.yaml", client)
    ours = desk.run("render", "lse-proquote", "--user-data")
    theirs = subprocess.run(
        [ROOT / "fixtunnel", "render", "lse-proquote", "--user-data"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ours == theirs.stdout


def test_what_the_wheel_carries_hides_no_package(desk: Desk) -> None:
    (site,) = (desk.folder / "venv" / "lib").glob("python*/site-packages")
    named = {path.name for path in site.iterdir() if not path.name.endswith(".dist-info")}
    assert named == {"fixtunnel_command", "these.pth"} | {one for one in named if one.startswith(("_virtualenv", "__"))}
    tree = site / "fixtunnel_command" / "tree"
    assert (tree / "constructs" / "gateway.py").exists() and not (tree / "tests").exists()


def test_the_rehearsal_is_in_it(desk: Desk) -> None:
    desk.run("init", "--no-npm")
    assert desk.run("rehearse", "nosuch", status=2) == ""
    tree = next((desk.folder / "venv" / "lib").glob("python*/site-packages/fixtunnel_command/tree"))
    environment = {**desk.environment, "PYTHONPATH": str(tree)}
    help_of = [str(desk.folder / "venv" / "bin" / "python"), "-P", "-m", "rehearsal", "--help"]
    done = subprocess.run(
        help_of, env=environment, cwd=desk.folder, capture_output=True, text=True, timeout=60, check=True
    )
    assert "--keep" in done.stdout


def test_the_firms_ci_asks_no_index_for_what_has_no_hash(desk: Desk) -> None:
    """Anybody may register the command's name: it comes from the firm's own repository."""
    ours = desk.folder / "ours"
    workflow = (ours / ".github/workflows/fixtunnel.yml").read_text()
    installed = [line for line in workflow.splitlines() if " install " in line]
    assert len(installed) == 2
    assert all("--require-hashes" in line or "--no-index --no-deps" in line for line in installed)
    assert (ours / "fixtunnel-requirements.txt").read_text() == (ROOT / "requirements.txt").read_text()
