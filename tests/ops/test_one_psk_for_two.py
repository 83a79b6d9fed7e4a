"""Two gateways of a venue with one id, and a secret of its own for each: the engine takes one PSK for both, so both change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.gateway import psk_change
from ops.verbs import secret as verb
from tests.ops.conftest import Fixtunnel, Ran, piped
from tests.unit.model.example import CLIENT, VENUE, edited, write

PSK = "Zq7w3Xk9Lm2Vb5Nt8Rp1Qs4"
IDS = {"peers": "{A: {address: 198.51.100.10, id: '@gw.x.example'}, B: {address: 198.51.100.11, id: '@gw.x.example'}}"}
TUNNELS = {"tunnels": "[{venue: exchange}, {venue: exchange, peer: B, role: standby}]", "region": "eu-west-2"}


class Stored:
    """A secret."""

    def __init__(self, name: str) -> None:
        self.arn = name
        self.values: list[str] = []

    def version(self) -> str:
        return str(len(self.values) or "")

    def put(self, value: str) -> None:
        self.values.append(value)

    def go_back(self) -> bool:
        return len(self.values) > 1 and bool(self.values.pop())

    def use(self, function: Callable[[bytes], Any]) -> Any:
        return function(self.values[-1].encode()) if self.values else None


@pytest.fixture
def secrets() -> dict[str, Stored]:
    return {name: Stored(name) for name in ("Exchange", "Exchange_B")}


@pytest.fixture
def has() -> dict[str, str]:
    """What the gateway has, by tunnel."""
    return {}


@pytest.fixture
def acme(
    fixtunnel: Fixtunnel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    secrets: dict[str, Stored],
    has: dict[str, str],
) -> Callable[..., Ran]:
    write(tmp_path, clients={"acme": edited(CLIENT, TUNNELS)}, venues={"exchange": edited(VENUE, IDS)})

    class Account:
        def secret_of(self, _deployment: Any, one: Any) -> Stored:
            return secrets[one.name]

    class Session:
        def run(self, command: str) -> Any:
            return type("Done", (), {"out": command, "err": "", "status": 0})

    monkeypatch.setattr(verb, "open_account", lambda *_: Account())
    monkeypatch.setattr(verb, "session_of", lambda *_: Session())
    monkeypatch.setattr(verb, "trading", lambda *_: ())
    monkeypatch.setattr(psk_change, "ROUNDS", 1)
    monkeypatch.setattr(verb, "digest_command", lambda name, salt: psk_change.digest(has[name].encode(), salt))

    def run(*arguments: str) -> Ran:
        folders = ("--clients-dir", str(tmp_path / "clients"), "--venues-dir", str(tmp_path / "venues"))
        return fixtunnel(*folders, *arguments)

    return run


def test_a_psk_of_one_is_stored_for_both(
    acme: Callable[..., Ran], secrets: dict[str, Stored], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    piped(monkeypatch, PSK, tmp_path)
    ran = acme("secret", "set", "acme", "Exchange_B")
    assert ran.status == 0, ran.err
    assert {name: one.values for name, one in secrets.items()} == {"Exchange": [PSK], "Exchange_B": [PSK]}
    assert "Exchange has the same two ids, for which the engine takes one PSK" in ran.err


def test_both_go_back(
    acme: Callable[..., Ran], secrets: dict[str, Stored], has: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in secrets.values():
        one.values = [PSK, f"{PSK}new"]
    seen = type("Seen", (), {"clock": 0})
    monkeypatch.setattr(verb, "look", lambda _session: seen)
    monkeypatch.setattr(verb, "follow", lambda *_given, **_more: [psk_change.Step(words="", outcome="accepted")])
    assert acme("secret", "rotate", "acme", "Exchange_B", "--back").status == 0
    assert {one.values[-1] for one in secrets.values()} == {PSK}


def test_two_that_differ_are_told(acme: Callable[..., Ran], secrets: dict[str, Stored], has: dict[str, str]) -> None:
    for name, one in secrets.items():
        one.values = [f"{PSK}{name}"]
        has[name] = f"{PSK}{name}"
    ran = acme("secret", "verify", "acme", "Exchange_B")
    assert ran.status == 1
    assert "DIFFERENT from that of Exchange, which has the same two ids" in ran.out
    secrets["Exchange_B"].values, has["Exchange_B"] = [f"{PSK}Exchange"], f"{PSK}Exchange"
    assert acme("secret", "verify", "acme", "Exchange_B").status == 0
