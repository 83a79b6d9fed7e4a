"""The command, run in this process: what it prints and its exit status."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.command import main
from tests.paths import VENUES


@dataclass(frozen=True)
class Ran:
    """One run of the command."""

    status: int
    out: str
    err: str


Fixtunnel = Callable[..., Ran]


@pytest.fixture
def fixtunnel(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Fixtunnel:
    """Run a verb on the example files. No run may end with a traceback."""

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["fixtunnel", *arguments])
        status = main()
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Ran(status, out, err)

    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return run


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A newcomer's folders: no client yet, and the example venues. Give it as `*folders(desk)`."""
    (tmp_path / "clients").mkdir()
    shutil.copytree(VENUES, tmp_path / "venues")
    return tmp_path


def folders(desk: Path) -> tuple[str, ...]:
    """The options that name the folders."""
    return "--clients-dir", str(desk / "clients"), "--venues-dir", str(desk / "venues")
