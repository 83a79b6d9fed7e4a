"""Where files lie if the command is no clone's and no `fixtunnel.toml` is found: where we are, never in the program."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from model import configuration
from model.folders import named, namers
from model.givers import givers
from tests.ops.conftest import Fixtunnel
from tests.paths import ROOT

NEW = ("new", "acme", "--venue", "lse-proquote", "--no-ask", "--sender-comp-id", "ACME")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and a program that is no clone: what a clone has, and a wheel does not, is its Makefile."""
    program = tmp_path / "program"
    for name in ("clients", "venues"):
        shutil.copytree(ROOT / name, program / name)
    monkeypatch.setattr(configuration, "PROJECT", program)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.mark.parametrize("verb", [NEW, ("new", "venue", "meridian"), ("check",), ("status",), ("plan", "lse-proquote")])
def test_nothing_is_read_or_written_if_nothing_says_where(
    here: Path, fixtunnel: Fixtunnel, verb: tuple[str, ...]
) -> None:
    ran = fixtunnel(*verb)
    assert (ran.status, list(here.iterdir())) == (2, [])
    assert "no fixtunnel.toml here or above" in ran.err and "fixtunnel init" in ran.err


@pytest.mark.parametrize("folders", [("venues", "clients"), ("venues",)])
def test_the_folders_that_are_here_are_meant(here: Path, fixtunnel: Fixtunnel, folders: tuple[str, ...]) -> None:
    shutil.copytree(ROOT / "venues", here / "venues")
    for name in folders:
        (here / name).mkdir(exist_ok=True)
    ran = fixtunnel(*NEW)
    assert ran.status == 0, ran.err
    assert (here / "clients" / "acme.yaml").exists()
    assert named({})["clients_dir"] == str(here / "clients")
    assert (namers({}), givers({}, {})) == ({}, {})


def test_folders_that_are_named_are_enough(here: Path, fixtunnel: Fixtunnel) -> None:
    ours = here.parent / "ours"
    shutil.copytree(ROOT / "venues", ours / "venues")
    ran = fixtunnel("--clients-dir", str(ours / "clients"), *NEW, "--venues-dir", str(ours / "venues"))
    assert (ran.status, list(here.iterdir())) == (0, []), ran.err
    assert (ours / "clients" / "acme.yaml").exists()


def test_what_needs_no_files_works_anywhere(here: Path, fixtunnel: Fixtunnel) -> None:
    assert fixtunnel("explain", "no-answer").status == 0
    assert fixtunnel("check", str(ROOT / "venues" / "lse-proquote.yaml")).status == 0
    assert fixtunnel("init", "--no-npm").status == 0
    assert (here / "fixtunnel.toml").exists()


def test_before_the_first_client_check_looks_at_the_venues(here: Path, fixtunnel: Fixtunnel) -> None:
    assert fixtunnel("init", "--no-npm").status == 0
    ran = fixtunnel("check")
    assert (ran.status, "no errors" in ran.out, "now: fixtunnel new CLIENT" in ran.err) == (0, True, True)
    assert fixtunnel("--clients-dir", str(here / "clients"), "check").status == 2, "somebody named the wrong folder"
