"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import constructs
import pytest

from tests.mutation.plan import PROGRAM, TARGETS
from tests.paths import ROOT
from userdata.shipped import LIST

PACKAGES = ("model", "userdata", "constructs", "stacks", "ops", "localaws", "rehearsal", "handbook", "bench", "tests")
# model <- userdata <- constructs <- stacks <- app.py; what the command and the rehearsal use has no CDK.
MAY_IMPORT = {
    "model": set(),
    "userdata": {"model"},
    "constructs": {"model", "userdata"},
    "stacks": {"model", "userdata", "constructs"},
    "ops": {"model", "userdata"},
    "localaws": {"model", "userdata", "ops"},
    "rehearsal": {"model", "userdata", "ops", "localaws"},
    "handbook": {"model", "userdata", "ops", "rehearsal"},
}
CDK = {"aws_cdk", "cdk_nag", "constructs"}
NOT_IN_MODEL = CDK | {"boto3", "botocore", "jinja2"}


def sources(folder: str) -> Iterator[Path]:
    yield from sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """The top-level names of all that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_direction_of_imports(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    for path in sources(package):
        if "userdata/files" not in str(path):
            assert imports(path) & {*PACKAGES, "app"} <= allowed, path


@pytest.mark.parametrize("package", ["ops", "localaws", "rehearsal"])
def test_neither_command_nor_rehearsal_knows_the_cdk(package: str) -> None:
    for path in sources(package):
        assert not imports(path) & CDK, path


def test_the_model_is_only_a_model() -> None:
    for path in sources("model"):
        assert not imports(path) & NOT_IN_MODEL, path


def test_boto3_is_behind_one_package_for_each_use() -> None:
    """The operator's command, and the rehearsal's emulator; not the stack."""
    for package in ("userdata", "constructs", "stacks"):
        for path in sources(package):
            if "userdata/files" not in str(path):
                assert not imports(path) & {"boto3", "botocore"}, path


def test_constructs_are_ours_and_pypis() -> None:
    """An `__init__.py` there would hide PyPI's package of that name; so would `tests/constructs/`."""
    assert not (ROOT / "constructs/__init__.py").exists()
    assert not (ROOT / "tests/constructs").exists()
    assert str(ROOT / "constructs") in list(constructs.__path__)
    from constructs import Construct

    from constructs.gateway import Gateway

    assert issubclass(Gateway, Construct)


def test_no_package_hides_one_of_pythons_own() -> None:
    assert not [name for name in ("operator", "secrets") if (ROOT / name).exists() or (ROOT / f"{name}.py").exists()]


def test_files_are_short() -> None:
    """A file is one idea, of 400 lines at most. None is split for the number."""
    for package in PACKAGES:
        for path in sources(package):
            assert len(path.read_text().splitlines()) <= 400, path


def test_the_newcomers_map_names_what_is_there() -> None:
    section = (ROOT / "ARCHITECTURE.md").read_text().split("## What you look for")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`([\w./-]+/[\w.-]+)(?::(\w+))?`", row) for row in rows]
    assert len(rows) >= 12
    assert all(1 <= len(files) <= 2 for files in named), named
    program = "userdata/files/usr/lib/fixtunnel/fixtunnel/"
    for name, symbol in (found for files in named for found in files):
        path = ROOT / re.sub(r"^fixtunnel/", program, name)
        assert path.is_file(), name
        assert re.search(rf"\b{symbol}\b", path.read_text()), f"{name} has no {symbol}"


def test_what_goes_onto_an_instance_is_listed_and_tracked() -> None:
    """A new file of the gateway's goes into `userdata/shipped.txt`; a file that git does not know goes nowhere."""
    tracked = subprocess.run(
        ["git", "ls-files", "files", "start"], cwd=ROOT / "userdata", check=True, capture_output=True, text=True
    )
    assert LIST.read_text().splitlines() == sorted(tracked.stdout.splitlines())


def test_the_mutation_run_has_every_file_and_names_tests_that_are_there() -> None:
    """A file that is new is tried too, by the tests that its folder has for all."""
    tried = {target.file for target in TARGETS}
    for folder in (PROGRAM, "constructs", "model", "ops/gateway"):
        assert {str(path.relative_to(ROOT)) for path in (ROOT / folder).glob("[!_]*.py")} <= tried
    named = {test.removeprefix("--deselect=").partition("::")[0] for target in TARGETS for test in target.tests}
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert all(target.tests for target in TARGETS)
