"""The instance's logical id: the same for the same files, anywhere and at any time; another for each byte on the gateway."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import userdata.program
from tests.literal import example
from tests.stacks.synthesis import Stack, synthesise
from userdata import render

NAME = "lse-proquote"


def instance_id() -> str:
    return synthesise([example(NAME)])[NAME].instance_id


def test_same_over_two_syntheses_and_folders(
    stacks: dict[str, Stack], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    again = synthesise([example(NAME)], folder=tmp_path / "out")[NAME]
    assert again.template == stacks[NAME].template


def test_same_beside_other_clients(stacks: dict[str, Stack]) -> None:
    assert synthesise([example(NAME)])[NAME].template == stacks[NAME].template


def _one_more_blank(source: str) -> str:
    return source.replace("\n", " \n", 1)


@pytest.mark.parametrize("name", ["connection.conf", "ipsec.conf", "guard.nft", "cloud-config.yaml"])
def test_another_for_each_template(stacks: dict[str, Stack], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    real: Callable[[str], object] = render._template

    class Changed:
        def __init__(self, asked: str) -> None:
            self._asked, self._real = asked, real(asked)

        def render(self, *args: object, **values: object) -> str:
            text: str = self._real.render(*args, **values)  # type: ignore[attr-defined]
            return _one_more_blank(text) if self._asked == name else text

    monkeypatch.setattr(render, "_template", Changed)
    assert instance_id() != stacks[NAME].instance_id


def test_another_for_each_byte_of_the_program(stacks: dict[str, Stack], monkeypatch: pytest.MonkeyPatch) -> None:
    changed = userdata.program.archive() + b"\n"
    monkeypatch.setattr("stacks.gateway_stack.archive", lambda: changed)
    assert instance_id() != stacks[NAME].instance_id


def test_program_is_the_same_under_any_umask_and_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = userdata.program.archive()
    for path in sorted(_copied(userdata.program.FOLDER, tmp_path, monkeypatch).rglob("*"), reverse=True):
        if path.is_file():
            path.chmod(0o600)
            os.utime(path, (0, 0))
    assert userdata.program.archive() == before


@pytest.mark.parametrize(
    "litter", [".{}.swp", "{}~", "#{}#", "{}.orig", ".mypy_cache/{}", "__pycache__/{}", ".hypothesis/{}", "4913"]
)
def test_what_an_editor_or_a_tool_leaves_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, litter: str
) -> None:
    """Neither the program's checksum nor the user data: each is another instance."""
    program, start = userdata.program.archive(), render._start_files()
    for tree in (userdata.program.FOLDER, render._START):
        for path in list(_copied(tree, tmp_path, monkeypatch).rglob("*.service")):
            beside = path.parent / litter.format(path.name)
            beside.parent.mkdir(exist_ok=True)
            beside.write_text("litter\n")
    assert (userdata.program.archive(), render._start_files()) == (program, start)


def _copied(tree: Path, to: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a tree that goes onto the instance, in its place."""
    copy = to / tree.name
    shutil.copytree(tree, copy, copy_function=shutil.copyfile)
    module, name = (userdata.program, "FOLDER") if tree == userdata.program.FOLDER else (render, "_START")
    monkeypatch.setattr(module, name, copy)
    return copy
