"""`python -m rehearsal`: what it says, and how it ends, without a stage to put up."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pytest
from typer.testing import CliRunner, Result

from rehearsal import command
from rehearsal.report import Report
from rehearsal.run.failure import Evidence
from rehearsal.run.timeline import StepFailed
from tests.unit.model.example import DEB


class EmptyStage:
    """Nothing is put up; the logs of a run that was not are kept."""

    venues: Mapping[str, object] = {}

    def __init__(self, *, run_dir: Path, **given: Any) -> None:
        self.run_dir = run_dir
        self.given = given

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Refused:
    """A rehearsal whose tunnel does not come up."""

    def __init__(self, *, stage: EmptyStage, timeline: Any, literally: bool, standbys: bool) -> None:
        self.report = Report(client="lse-proquote", image="debian-13")

    def run(self) -> None:
        raise StepFailed("tunnel up, as the venue sees it", since=0) from TimeoutError("waited 90 s")


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As root on Linux, with nothing to sweep; where the report goes."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(command, "sweep", lambda: ())
    monkeypatch.setattr(command, "out_of", lambda client: tmp_path / "out" / client)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "charon.log").write_text("the venue's log\n")
    monkeypatch.setattr(command, "Stage", lambda **given: EmptyStage(run_dir=tmp_path / "run", **given))
    return tmp_path / "out"


def run(*words: str) -> Result:
    return CliRunner().invoke(command.app, words)


def test_what_failed_before_the_venue_was_there_leaves_nothing_to_look_into(
    ending: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "Rehearsal", Refused)
    monkeypatch.setattr("rehearsal.run.failure.gather", lambda *_: Evidence(error=""))
    ended = run("lse-proquote", "--keep")
    assert (ended.exit_code, "nothing to look into" in ended.output) == (1, True), ended.output


def test_a_failure_is_told_with_step_words_meaning_advice_and_logs(
    ending: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Evidence(error="", state={"state": "holding"}, complaint="psk", venue=("could not decrypt payloads",))
    monkeypatch.setattr(command, "Rehearsal", Refused)
    monkeypatch.setattr("rehearsal.run.failure.gather", lambda *_: seen)
    ended = run("lse-proquote")
    assert ended.exit_code == 1
    for words in (
        "tunnel up, as the venue sees it",
        "venue: could not decrypt payloads",
        "different PSKs",
        "Compare with the venue by telephone",
        str(ending / "lse-proquote/logs"),
        "lse-proquote: failed",
    ):
        assert words in ended.output
    assert (ending / "lse-proquote/logs/charon.log").read_text() == "the venue's log\n"
    page = (ending / "lse-proquote/report.html").read_text()
    assert "different PSKs" in page
    assert "could not decrypt payloads" in page


def test_openswan_without_a_package_says_how_to_name_one(ending: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENSWAN_DEB", raising=False)
    ended = run("lse-proquote-openswan")
    assert ended.exit_code == 2
    assert "make rehearse CLIENT=lse-proquote-openswan OPENSWAN_DEB=" in ended.output


def test_a_package_that_is_not_there_is_a_fault_of_the_file(ending: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSWAN_DEB", "/nowhere/openswan.deb")
    ended = run("lse-proquote-openswan")
    assert ended.exit_code == 2
    assert "gateway.openswan.deb" in ended.output


def test_a_named_package_goes_with_the_deploy(ending: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "openswan-stand-in.deb"
    package.write_bytes(DEB)
    monkeypatch.setenv("OPENSWAN_DEB", str(package))
    stages: list[EmptyStage] = []

    class Passed(Refused):
        def __init__(self, *, stage: EmptyStage, timeline: Any, literally: bool, standbys: bool) -> None:
            super().__init__(stage=stage, timeline=timeline, literally=literally, standbys=standbys)
            stages.append(stage)

        def run(self) -> None:
            self.report.verdict = "passed"

    monkeypatch.setattr(command, "Rehearsal", Passed)
    assert run("lse-proquote-openswan").exit_code == 0
    assert stages[0].given["context"] == {"gateway.openswan.deb": str(package)}
    assert stages[0].given["deployment"].client.gateway.openswan.deb == str(package)


def test_without_root_it_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    ended = run("lse-proquote")
    assert ended.exit_code == 2
    assert "needs root" in ended.output


def test_a_client_that_is_not_there(ending: Path) -> None:
    ended = run("lse-proqote")
    assert ended.exit_code == 2
    assert "lse-proquote" in ended.output
