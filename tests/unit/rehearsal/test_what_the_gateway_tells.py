"""What a rehearsal takes from the gateway's own program: its state file and the words of the contract, never its prose."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtunnel import boot
from rehearsal.faults.scene import Scene, SceneFailed
from rehearsal.faults.secret import psk_rotated, psk_wrong
from rehearsal.run.failure import tells_of_trouble
from rehearsal.run.rehearsal import steps_in
from tests.literal import example
from tests.paths import ROOT
from tests.unit.gateway.conftest import Machine, no_waiting, seed
from userdata import contract

__all__ = ["no_waiting", "seed"]
START = (ROOT / "userdata/start/usr/sbin/fixtunnel-start").read_text()


def journal(*texts: str) -> str:
    return "".join(f"[{10 + n:5}.{n}00000] gw fixtunnel-start[7]: {text}\n" for n, text in enumerate(texts))


def test_the_steps_of_a_boot_are_what_the_program_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], seed: Any
) -> None:
    """Run the program's own loop, and read it as journald would show it."""
    monkeypatch.setattr(boot.settings, "load", lambda: seed)
    monkeypatch.setattr(boot.state, "write", lambda _content: None)
    monkeypatch.setattr(boot, "_STEPS", tuple(lambda _here: None for _ in boot._STEPS))
    monkeypatch.setattr(boot, "SIGNALLED", ROOT)
    monkeypatch.setattr(boot, "run", Machine().run)
    assert boot.main() == 0
    printed = [contract.said(contract.INSTALL), *capsys.readouterr().out.splitlines()]
    assert [what for _, what in steps_in(journal(*printed))] == [contract.INSTALL, *contract.BOOT_STEPS]
    assert not any(tells_of_trouble(line) for line in printed)


def test_the_steps_before_the_program_is_there_are_those_of_the_contract() -> None:
    """It prints the name of its own function: fixtunnel-start runs before the contract is fetched."""
    assert 'print(f"fixtunnel: {step.__name__}", flush=True)' in START
    assert f"steps = ({contract.INSTALL}, {contract.FETCH})" in START


def test_when_each_step_began() -> None:
    told = journal("fixtunnel: install", "Hit:1 http://deb", "fixtunnel: guard", "fixtunnel: guard; again in 2 s")
    assert steps_in(told) == [(10.0, "install"), (12.2, "guard")]


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        ("fixtunnel: fetch", False),
        ("fixtunnel: fetch: An error occurred (403); again in 2 s", True),
        ("fixtunnel: the boot failed: no engine", True),
        ("fixtunnel: words of a version to come", True),
        ("E: Unable to locate package libreswan", True),
        ("Reading package lists...", False),
    ],
)
def test_what_tells_of_trouble_in_a_boot(line: str, trouble: bool) -> None:
    assert tells_of_trouble(line) is trouble


class Gateway:
    """A scene's gateway, with what its state file says at each question, and the secret's changes."""

    def __init__(self, *facts: dict[str, Any]) -> None:
        self.facts = list(facts)
        self.done: list[str] = []

    def run(self, argv: list[str], limit: float = 60) -> SimpleNamespace:
        del limit
        if "date" in argv[-1]:
            return SimpleNamespace(status=0, stdout="1000\n", stderr="")
        assert argv[-1] == f"cat {contract.STATE_FILE}"
        facts = self.facts.pop(0) if len(self.facts) > 1 else self.facts[0]
        self.done.append(facts["psk"])
        return SimpleNamespace(status=0, stdout=json.dumps({"tunnels": {"LSE_Proquote": facts}}), stderr="")


def scene(monkeypatch: pytest.MonkeyPatch, gateway: Gateway) -> Scene:
    """Only what a bad day of the PSK touches."""
    monkeypatch.setattr(Scene, "set_secret", lambda _self, _psk: gateway.done.append("set"))
    venue = SimpleNamespace(change=lambda **_what: gateway.done.append("venue"))
    given = {"machine": gateway, "deployment": example("lse-proquote"), "psks": {"LSE_Proquote": b""}}
    stage = SimpleNamespace(**given, venue_gateway=lambda _name: venue)
    desk = SimpleNamespace(steady=lambda **_limit: gateway.done.append("steady"))
    return Scene(
        stage=cast(Any, stage), connection=cast(Any, SimpleNamespace(name="LSE_Proquote")), desk=cast(Any, desk)
    )


def psk(word: contract.PskState, since: int | None = 900) -> dict[str, Any]:
    return {"psk": word, "child_sa_since": since}


def test_a_refusal_of_before_is_not_taken_for_this_one(
    monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    looks = [psk("psk-refused"), psk("current"), psk("current"), psk("on-trial"), psk("psk-refused")]
    gateway = Gateway(*looks)
    psk_wrong.happen(scene(monkeypatch, gateway)).__enter__()
    assert gateway.done == ["psk-refused", "current", "set", "current", "on-trial", "psk-refused", "steady"]


def test_a_new_psk_is_accepted_by_a_child_sa_that_is_younger(
    monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    looks = [psk("current"), psk("on-trial", None), psk("current", None), psk("current", 999), psk("current", 1000)]
    gateway = Gateway(*looks)
    psk_rotated.happen(scene(monkeypatch, gateway)).__enter__()
    assert gateway.done == ["venue", "set", "current", "on-trial", "current", "current", "current"]


def test_a_gateway_that_never_says_so_fails_the_scene(monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]) -> None:
    with pytest.raises(SceneFailed, match="accepts within 420 s"):
        psk_rotated.happen(scene(monkeypatch, Gateway(psk("current")))).__enter__()
