"""What a terminal brings: completion, a pager, colours and none."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

COMMAND = [sys.executable, "-P", "-m", "ops"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "LINES": "10", "COLUMNS": "80"}


def completed(shell: str, line: str) -> list[str]:
    words = line.split(" ")
    asked = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    environment = {**ENVIRONMENT, "_FIXTUNNEL_COMPLETE": f"complete_{shell}", **asked}
    done = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.stdout.replace('"', " ").split()


@pytest.mark.parametrize(
    ("shell", "line", "word"),
    [
        ("zsh", "fixtunnel plan lse", "lse-proquote"),
        ("fish", "fixtunnel plan lse", "lse-proquote"),
        ("bash", "fixtunnel plan lse", "lse-proquote"),
        ("bash", "fixtunnel status lse-proquote acme", "acme-capital"),
        ("bash", "fixtunnel secret set lse-proquote LSE", "LSE_Proquote"),
        ("bash", "fixtunnel new acme --venue nor", "northbridge"),
        ("bash", "fixtunnel new ven", "venue"),
        ("bash", "fixtunnel new venue isle --from rba", "rba-coin"),
        ("bash", "fixtunnel check har", "harbour"),
        ("bash", "fixtunnel explain one", "one-way"),
        ("bash", "fixtunnel --clients-dir tests/rehearsal/scenarios/clients plan har", "harbour-hosts"),
        ("bash", "fixtunnel plan --clients-dir tests/rehearsal/scenarios/clients har", "harbour-hosts"),
    ],
)
def test_clients_venues_tunnels_and_words_are_completed(
    shell: str, line: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert word in completed(shell, line)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    """Without a look at what the caller's shell is: a desk may have another."""
    environment = {**ENVIRONMENT, "_FIXTUNNEL_COMPLETE": f"source_{shell}"}
    done = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "_FIXTUNNEL_COMPLETE" in done.stdout


def test_folders_that_are_none_complete_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert completed("bash", "fixtunnel secret set --clients-dir /nowhere acme LSE") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_file_whose_name_a_shell_would_run_is_not_completed(shell: str, tmp_path: Path) -> None:
    """`$(...)` in a name that is put onto the command line is run by the next Enter."""
    for name in ("acme", "a$(id)", "a;id", "a`id`", "a\nb", "a b", "a\x1b[2J", "-a", "a'b"):
        (tmp_path / f"{name}.yaml").touch()
    found = completed(shell, f"fixtunnel --clients-dir {tmp_path} plan a")
    assert [word for word in found if word.startswith(("a", "b"))] == ["acme"]


def at_terminal(*arguments: str, **environment: str) -> str:
    """What a terminal of ten lines is sent."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments], env={**ENVIRONMENT, **environment}, stdout=theirs, stdin=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:
            pass
        assert process.wait(60) == 0
    os.close(ours)
    return shown.decode()


def test_what_is_longer_than_the_terminal_goes_to_the_pager() -> None:
    paged = at_terminal("explain", "wrong-psk", PAGER="sed s/^/paged:/")
    assert paged.count("paged:") > 10
    assert "paged:" not in at_terminal("explain", "up", PAGER="sed s/^/paged:/", LINES="60")
    assert "paged:" not in at_terminal("explain", "wrong-psk", PAGER="cat")
    for none in ("no-such-pager", "'less"):
        assert "The two sides" in at_terminal("explain", "wrong-psk", PAGER=none)


def test_no_color_means_none() -> None:
    """https://no-color.org: boldness is none, a colour is."""
    assert "\x1b[1" in at_terminal("explain", "up", PAGER="cat")
    coloured = ["choose", "lse-proquote"]
    assert "\x1b[31m" in at_terminal(*coloured, PAGER="cat")
    assert "\x1b[31m" not in at_terminal(*coloured, PAGER="cat", NO_COLOR="1")
