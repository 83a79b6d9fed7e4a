"""A gateway without a machine: every program that would be run is noted, and answers as the test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from fixtunnel import (
    address,
    agent,
    arrivals,
    boot,
    card,
    clash,
    command,
    connections,
    engine,
    openswan,
    passage,
    refused,
    routes,
    settings,
    sight,
    upgrade,
)
from tests.literal import deployed, example
from userdata.render import render_files

Answer = str | tuple[int, str, str] | Callable[[], tuple[int, str, str]]

GUARD = (
    '{{"nftables": [{{"metainfo": {{}}}}, {{"table": {{"family": "inet", "name": "fixtunnel", "handle": {handle}}}}}]}}'
)
"""What nft says of the guard; another number after each load."""


class Machine:
    """What was run, what it read, and what it answers: by the beginning of its command line, nothing and success otherwise."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.read: list[str] = []
        self.answers: dict[str, Answer] = {
            "ip -json route": '[{"gateway": "10.64.0.1", "dev": "ens5"}]',
            "nft --json list tables": GUARD.format(handle=2),
        }

    def run(self, *argv: str, seconds: float = 60, check: bool = True, stdin: str = "") -> CompletedProcess[str]:
        """In place of `command.run`."""
        line = " ".join(argv)
        self.ran.append(line)
        self.read.append(stdin)
        answer = next(
            (self.answers[start] for start in sorted(self.answers, reverse=True) if line.startswith(start)), ""
        )
        status, out, err = (
            (0, answer, "") if isinstance(answer, str) else answer if isinstance(answer, tuple) else answer()
        )
        if check and status:
            raise command.Failed(f"{argv[0]} failed ({status})", err)
        return CompletedProcess(argv, status, out, err)

    def has_run(self, start: str) -> bool:
        """Whether something was run that begins so."""
        return any(line.startswith(start) for line in self.ran)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    for module in (
        address,
        agent,
        arrivals,
        boot,
        card,
        clash,
        engine,
        openswan,
        passage,
        refused,
        routes,
        sight,
        upgrade,
    ):
        monkeypatch.setattr(module, "run", made.run)
    monkeypatch.setattr(engine, "_whack", lambda: "whack")
    return made


@pytest.fixture(autouse=True)
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection of the machine that runs the tests."""
    monkeypatch.setattr(connections, "read", lambda: None)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Sleeping only moves the clock."""
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr("time.sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    yield clock


def settings_of(name: str, folder: Path) -> settings.Settings:
    """gateway.json of an example client, as the renderer writes it and the gateway reads it."""
    deployment = example(name)
    (written,) = [file for file in render_files(deployment, deployed(deployment)) if file.path.endswith("gateway.json")]
    path = folder / "gateway.json"
    path.write_text(written.content)
    return settings.load(path)


@pytest.fixture
def seed(tmp_path: Path) -> settings.Settings:
    """The seed's client, on libreswan 5."""
    return settings_of("lse-proquote", tmp_path)


@pytest.fixture
def large(tmp_path: Path) -> settings.Settings:
    """The larger client: two venues, four tunnels."""
    return settings_of("acme-capital", tmp_path)
