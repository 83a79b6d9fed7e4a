"""What a newcomer reads: every verb, its example, and the statuses; and what the command must not import for it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import Any

import pytest

from bench.command import COMMANDS, cpu_seconds
from ops.command import load
from ops.verbs import VERBS
from tests.ops.conftest import Fixtunnel
from tests.paths import ROOT


def commands() -> dict[str, Any]:
    """Every verb, and every verb of a family, by its name."""
    found: dict[str, Any] = {}
    for verb in VERBS:
        command = load(verb.name)
        family = getattr(command, "commands", None)
        found |= {f"{verb.name} {name}": one for name, one in family.items()} if family else {verb.name: command}
    return found


def test_the_version_is_the_packages(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("--version")
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (ran.status, ran.out) == (0, f"fixtunnel {named}\n")


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_verb_has_help_with_an_example(name: str, fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel(*name.split(), "--help")
    assert ran.status == 0
    assert "Example: " in ran.out and f"fixtunnel {name}" in ran.out


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_list_says_what_the_verb_says_of_itself(verb: Any) -> None:
    assert (load(verb.name).help or "").strip().splitlines()[0] == verb.summary


def test_the_statuses_are_in_the_help(fixtunnel: Fixtunnel) -> None:
    assert "Exit status: 0 fine, 1 a finding or a failure, 2 a wrong file or argument" in fixtunnel("--help").out


def test_a_verb_that_is_none_is_a_wrong_argument(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("stauts")
    assert ran.status == 2
    assert "status" in ran.err


@pytest.mark.parametrize("word", ["", " ", "\u2029", "new venue", "venue"])
def test_a_word_of_space_or_two_words_in_one_are_no_verb(word: str, fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel(word, "acme")
    assert (ran.status, "No such verb" in ran.err) == (2, True)


# `check` renders, to say how large the user data is.
@pytest.mark.parametrize(("arguments", "needed"), [(["--help"], []), (["check", "lse-proquote"], ["jinja2"])])
def test_what_needs_no_aws_imports_none_of_it(arguments: list[str], needed: list[str]) -> None:
    program = (
        "import sys; sys.argv = ['fixtunnel', *sys.argv[1:]]; from ops.command import main; main();"
        "print([name for name in ('boto3', 'aws_cdk', 'rich', 'jinja2', 'fpdf') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == str(needed)


def test_the_command_imports_nothing_of_the_cdk() -> None:
    found = [
        f"{path}: {line}"
        for path in (ROOT / "ops").rglob("*.py")
        for line in path.read_text().splitlines()
        if line.strip().startswith(("import ", "from "))
        and any(word in line for word in ("aws_cdk", " stacks", " constructs"))
    ]
    assert not found


def test_boto3_is_behind_one_package() -> None:
    users = {
        str(path.relative_to(ROOT / "ops"))
        for path in (ROOT / "ops").rglob("*.py")
        if any(line.startswith(("import boto", "from boto")) for line in path.read_text().splitlines())
    }
    assert users == {"aws/access.py", "aws/adoption.py"}


def test_help_answers_within_300_ms_of_a_bare_interpreter() -> None:
    """In CPU time, the best of three: wall time would measure what else this machine does."""
    bare, helped = (
        min(cpu_seconds(COMMANDS[name]) for _ in range(3)) for name in ("python -c pass", "fixtunnel --help")
    )
    assert helped - bare < 0.3
