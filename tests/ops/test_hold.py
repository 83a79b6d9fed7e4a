"""`fixtunnel hold`: the address of a pair stays where it is, by a person's word."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops.verbs import hold
from tests.ops.conftest import Fixtunnel
from tests.ops.test_switch import Gateways, desk, gateways
from userdata.contract import WORD_FILE

__all__ = ["desk", "gateways"]
HOLD, END = f"echo hold >{WORD_FILE}", f"rm -f {WORD_FILE}"


@pytest.fixture(autouse=True)
def told(gateways: Gateways, monkeypatch: pytest.MonkeyPatch) -> Gateways:
    account: Any = SimpleNamespace(stack=lambda _: gateways.stack)
    monkeypatch.setattr(hold, "open_account", lambda *_: account)
    monkeypatch.setattr(hold, "trading", lambda *_: [])

    def session_to(_account: object, instance: str) -> SimpleNamespace:
        def run(command: str) -> SimpleNamespace:
            gateways.asked.append((instance, command))
            return SimpleNamespace(status=int(gateways.is_deaf), err="no such file", out="")

        return SimpleNamespace(run=run)

    monkeypatch.setattr(hold, "session_to", session_to)
    return gateways


def run(fixtunnel: Fixtunnel, desk: Path, *words: str) -> Any:
    return fixtunnel("--clients-dir", str(desk), "hold", "acme-capital", *words)


def test_the_one_that_might_take_it_hears_it_first(fixtunnel: Fixtunnel, desk: Path, told: Gateways) -> None:
    ran = run(fixtunnel, desk, "--yes")
    assert (ran.status, told.asked) == (0, [("i-2", HOLD), ("i-1", HOLD)])
    assert "i-1 holds 203.0.113.7, and no gateway takes over" in ran.out
    assert "fixtunnel hold acme-capital --end" in ran.out


def test_the_end_of_it_asks_nothing(fixtunnel: Fixtunnel, desk: Path, told: Gateways) -> None:
    ran = run(fixtunnel, desk, "--end")
    assert (ran.status, told.asked) == (0, [("i-2", END), ("i-1", END)])
    assert "the gateways decide again" in ran.out


def test_for_a_machine(fixtunnel: Fixtunnel, desk: Path) -> None:
    said = json.loads(run(fixtunnel, desk, "--yes", "--json").out)
    assert said == {"client": "acme-capital", "address": "203.0.113.7", "gateway": "i-1", "held": True}


def test_without_consent_nobody_is_told(fixtunnel: Fixtunnel, desk: Path, told: Gateways) -> None:
    ran = run(fixtunnel, desk)
    assert (ran.status != 0, told.asked) == (True, [])


def test_in_session_it_wants_now_and_its_end_does_not(
    fixtunnel: Fixtunnel, desk: Path, told: Gateways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "trading", lambda *_: [SimpleNamespace(name="harbour")])
    ran = run(fixtunnel, desk, "--yes")
    assert (ran.status, "harbour is in session" in ran.err, told.asked) == (1, True, [])
    assert run(fixtunnel, desk, "--yes", "--now").status == 0
    assert run(fixtunnel, desk, "--end").status == 0


def test_one_that_cannot_be_told_is_a_failure(fixtunnel: Fixtunnel, desk: Path, told: Gateways) -> None:
    told.is_deaf = True
    ran = run(fixtunnel, desk, "--yes")
    assert (ran.status, "i-2 does not take the word" in ran.err) == (1, True)


def test_one_gateway_has_nothing_to_hold(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("hold", "acme-capital")
    assert (ran.status, "acme-capital has one gateway" in ran.err) == (2, True)
