"""docs/runbook.md, as somebody uses it: the doctor's word leads to an entry, and what the entry asks is answered.

On the embedded AWS, with a stand-in for the gateway: what asks is run to the letter. What changes something is not run here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ops.conftest import Fixtunnel, Ran, reachable
from tests.ops.embedded import TUNNEL, Case
from tests.ops.page import Page
from tests.ops.test_doctor import BROKEN

ASKS = ("doctor", "status", "logs", "form", "check", "render", "secret verify")
RUNBOOK = Page("docs/runbook.md")
PLAYED = (
    "secret-not-taken",
    "psk-refused",
    "watch-dead",
    "no-answer",
    "selectors-refused",
    "one-way",
    "fix-port-silent",
)
FAULTS = {cause: spoil for spoil, _, cause, _ in BROKEN if cause in PLAYED}


def asked(word: str) -> Iterator[list[str]]:
    """The command lines of `./fixtunnel` in a word's entry that only ask, for this client."""
    for words in RUNBOOK.section(word).of("./fixtunnel"):
        filled = [{"CLIENT": "acme", "TUNNEL": TUNNEL}.get(one, one) for one in words]
        if " ".join(filled).startswith(ASKS) and "--watch" not in filled:
            yield filled


def played(acme: Fixtunnel, word: str) -> list[Ran]:
    return [acme(*words) for words in asked(word)]


@pytest.mark.parametrize("cause", PLAYED)
def test_the_doctors_word_leads_to_an_entry_whose_questions_are_answered(
    acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    FAULTS[cause](case)
    reachable(case.gateway, monkeypatch)
    assert f"({cause})" in acme("doctor", "acme").out
    for words, ran in zip(asked(cause), played(acme, cause), strict=True):
        assert ran.status in (0, 1), f"{words}: {ran.err}"
        assert ran.out, f"{words}: {ran.err}"


def test_two_sides_with_different_psks(acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry first rules out the gateway, with the words that one should see."""
    reachable(case.gateway, monkeypatch)
    (ran,) = (
        ran for words, ran in zip(asked("wrong-psk"), played(acme, "wrong-psk"), strict=True) if "verify" in words
    )
    assert (ran.status, ran.out) == (0, f"{TUNNEL}: the same on both\n")


def test_all_is_well_after_a_repair(acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    reachable(case.gateway, monkeypatch)
    (check,) = asked("Restart the engine")
    assert "Everything is well." in acme(*check).out


def test_the_evidence_can_be_taken(
    acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whether the gateway answers or not; `acme` holds each output to have no PSK in it."""
    (asked,) = RUNBOOK.section("Keep the evidence").of("./fixtunnel")
    assert asked == ["evidence", "CLIENT"]
    for session in (str(case.gateway.session), "/nonexistent"):
        monkeypatch.setenv("FIXTUNNEL_SESSION", session)
        ran = acme("evidence", "acme", "--to", str(tmp_path / "kept"))
        assert (ran.status, "wrote " in ran.out) == (0, True), ran.err
