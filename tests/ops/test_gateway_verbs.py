"""`fixtunnel rehearse`, `shell` and `failback`: what they start, and when they refuse."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fixtunnel import group
from localaws.aws import EmbeddedAws
from ops.aws.access import Access
from ops.gateway.status import ClientStatus, TunnelStatus
from ops.verbs.failback import CHOICE
from tests.ops.conftest import Fixtunnel, Person, folders


class Became(Exception):
    """Another program took our place."""


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    seen: list[Any] = []

    def execve(program: str, argv: list[str], environment: dict[str, str]) -> None:
        seen[:] = [argv, environment]
        raise SystemExit(0)

    monkeypatch.setattr("os.execve", execve)
    return seen


def test_a_rehearsal_boots_the_files_that_are_meant(
    fixtunnel: Fixtunnel, desk: Path, became: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.verbs.rehearse.PROJECT", desk)
    (desk / "rehearsal").mkdir()
    (desk / "rehearsal" / "host-packages.sh").write_text("exit 0\n")
    assert fixtunnel("rehearse", "acme", *folders(desk)).status == 2, "there is no such client"
    (desk / "clients" / "acme.yaml").write_text("name: acme\ntunnels: [{venue: lse-proquote}]\n")
    assert fixtunnel("rehearse", "acme", *folders(desk), "-c", "gateway.image=debian-12", "--keep").status == 0
    argv, environment = became
    assert argv[:5] == [sys.executable, "-P", "-m", "rehearsal", "acme"]
    assert f"clients_dir={desk / 'clients'}" in argv and "gateway.image=debian-12" in argv and argv[-1] == "--keep"
    assert "PYTHONPATH" in environment


def test_a_machine_that_is_not_fit_is_told(fixtunnel: Fixtunnel, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.verbs.rehearse.PROJECT", desk)
    (desk / "rehearsal").mkdir()
    (desk / "rehearsal" / "host-packages.sh").write_text("exit 2\n")
    assert fixtunnel("rehearse", "lse-proquote").status == 2


def test_a_shell_needs_a_terminal_and_awss_plugin(acme: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (ran := acme("shell", "acme")).status == 2 and "terminal" in ran.err
    monkeypatch.setattr("sys.stdin", Person())
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert "session-manager-plugin" in acme("shell", "acme").err


def test_a_shells_token_is_on_no_command_line(
    acme: Fixtunnel, aws: EmbeddedAws, became: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Person())
    monkeypatch.setattr("shutil.which", lambda name: name)
    call = Access.call

    def started(access: Access, service: str, operation: str, **arguments: Any) -> Any:
        if operation != "start_session":
            return call(access, service, operation, **arguments)
        return {"SessionId": "s-1", "TokenValue": "token-1", "StreamUrl": "wss://example", "ResponseMetadata": {}}

    monkeypatch.setattr(Access, "call", started)
    assert acme("shell", "acme").status == 0
    argv, environment = became
    assert argv[:4] == ["session-manager-plugin", "AWS_SSM_START_SESSION_RESPONSE", "eu-west-2", "StartSession"]
    assert json.loads(argv[5]) == {"Target": aws.outputs("acme")["InstanceId"]}
    assert "token-1" not in " ".join(argv)
    assert json.loads(environment["AWS_SSM_START_SESSION_RESPONSE"])["TokenValue"] == "token-1"


def test_the_file_that_failback_removes_is_the_gateways_own() -> None:
    assert str(group.FOLDER / "group-x.json") == CHOICE.format(venue="x")


@pytest.fixture
def two(desk: Path, fixtunnel: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client with a standby; its gateway goes back when it is asked to."""
    (desk / "clients" / "acme.yaml").write_text(
        "name: acme\nregion: eu-west-2\ntunnels:\n"
        "  - {venue: northbridge, peer: A, local_network: 10.90.1.7/32, sender_comp_ids: [A]}\n"
        "  - {venue: northbridge, peer: B, local_network: 10.90.1.7/32, sender_comp_ids: [A], role: standby}\n"
    )
    asked: list[str] = []

    def status(*_: object) -> ClientStatus:
        on = "Northbridge" if asked else "Northbridge_B"
        rest: dict[str, Any] = dict.fromkeys(
            ("for_seconds", "child_sa_age", "bytes_in", "bytes_out", "psk", "last_incident")
        )
        tunnels = tuple(
            TunnelStatus(
                name=name, venue="northbridge", role=role, state="up" if name == on else "standby",
                ike_up=True, fix_ports={}, **rest,
            )
            for name, role in (("Northbridge", "active"), ("Northbridge_B", "standby"))
        )  # fmt: skip
        return ClientStatus(client="acme", stack="", instance="", address="", gateway="holding", tunnels=tunnels)

    class Session:
        def run(self, command: str) -> Any:
            asked.append(command)
            return type("Ran", (), {"status": 0, "out": "", "err": ""})

    monkeypatch.setattr("ops.verbs.failback.status_of", status)
    monkeypatch.setattr("ops.verbs.failback.open_account", lambda *_: None)
    monkeypatch.setattr("ops.verbs.failback.session_of", lambda *_: Session())
    monkeypatch.setattr("ops.verbs.failback.trading", lambda *_: ())
    return lambda *options: (fixtunnel("failback", "acme", *folders(desk), *options), asked)


def test_failback_forgets_the_choice_and_waits(two: Any) -> None:
    ran, asked = two("--yes", "--json")
    assert ran.status == 0, ran.err
    assert asked == ["rm -f /var/lib/fixtunnel/group-northbridge.json && systemctl restart fixtunnel-watch"]
    assert json.loads(ran.out)["tunnels"][0]["state"] == "up"


def test_failback_asks_first_and_not_in_session(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ran, asked = two()
    assert (ran.status, "--yes" in ran.err, asked) == (2, True, [])
    monkeypatch.setattr("ops.verbs.failback.trading", lambda venues, _: venues)
    ran, asked = two("--yes")
    assert (ran.status, "--now" in ran.err, asked) == (1, True, [])


def test_failback_needs_a_standby(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("failback", "lse-proquote", "--region", "eu-west-2")
    assert (ran.status, "standby" in ran.err) == (2, True)
