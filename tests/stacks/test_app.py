"""`cdk synth`, from the context to what it prints: app.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import app
from stacks.parameters import read_context
from tests.paths import CLIENTS, ROOT, VENUES
from tests.unit.model.example import CLIENT, PUBLIC_KEY, VENUE, edited, write

OF_CDK = {
    "@aws-cdk/core:checkSecretUsage": True,
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:bundling-stacks": ["**"],
    "aws-cdk:enableDiffNoFail": "true",
    "availability-zones:account=123456789012:region=eu-west-2": ["eu-west-2a"],
    "ssm:account=123456789012:parameterName=/x:region=eu-west-2": "ami-1",
    "vpc-provider:account=123456789012:filter.vpc-id=vpc-1:region=eu-west-2": {},
    "ami:account=123456789012:region=eu-west-2": "ami-1",
    "acknowledged-issue-numbers": [19836],
    "cdk-migrate": True,
    "cli-telemetry": False,
}


def run(monkeypatch: pytest.MonkeyPatch, context: dict[str, Any]) -> int:
    """app.py with a context, and with a CDK that must not come to synthesise."""

    class Node:
        def get_all_context(self) -> dict[str, Any]:
            return {**OF_CDK, **context}

    class App:
        node = Node()

        def synth(self) -> None:
            raise AssertionError("synthesised, with faults")

    monkeypatch.setattr(app, "App", App)
    return app.main()


@pytest.mark.parametrize(
    ("context", "message"),
    [
        (
            {"client": "lse-proqoute"},
            "-c: error: client: 'lse-proqoute' is not a client; did you mean 'lse-proquote'?\n",
        ),
        (
            {"client": "lse-proquote", "gateway.instance_typ": "t3.small"},
            "-c: error: gateway.instance_typ: is not a field of a client; did you mean 'instance_type'?\n",
        ),
        (
            {"gateway.instance_type": "t3.small"},
            "-c: error: gateway.instance_type: is given for one client at a time; select it with -c client=NAME\n",
        ),
        (
            {"client": "lse-proquote", "gateway.image": "debian-11"},
            "-c: error: gateway.image: 'debian-11' is not one of the choices; write 'debian-13' or 'debian-12'\n",
        ),
        (
            {"clients_dir": "/nowhere"},
            "-c: error: clients_dir: '/nowhere' does not exist; name the folder of the client files\n",
        ),
    ],
)
def test_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], context: dict[str, str], message: str
) -> None:
    assert run(monkeypatch, context) == 2
    said = capsys.readouterr()
    assert [line for line in said.err.splitlines(keepends=True) if ": error: " in line] == [message]
    assert said.out == ""


def test_faulty_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    faulty = edited(CLIENT, {"account": "5", "regoin": "x"})
    write(tmp_path, clients={"acme": faulty, "zenith": "]["}, venues={"exchange": edited(VENUE, {"ike.version": "3"})})
    folders = {"clients_dir": str(tmp_path / "clients"), "venues_dir": str(tmp_path / "venues")}
    assert run(monkeypatch, folders) == 2
    said = capsys.readouterr().err
    assert [line.split(" error: ")[1].split(":")[0] for line in said.splitlines()] == [
        *("account", "regoin", "is not YAML", "ike.version")
    ]


def test_too_much_user_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apt = "{apt: {uri: https://apt.example.com, suite: x, key: all.gpg}}"
    client = edited(CLIENT, {"gateway.engine": "openswan", "gateway.openswan": apt})
    write(tmp_path, clients={"acme": client}, venues={"exchange": VENUE})
    (tmp_path / "clients/all.gpg").write_bytes(PUBLIC_KEY + b"\xb5\x20\x00" + bytes(0x2000))
    folders = {"clients_dir": str(tmp_path / "clients"), "venues_dir": str(tmp_path / "venues")}
    assert run(monkeypatch, folders) == 2
    assert " more than AWS takes; move tunnels to another client file" in capsys.readouterr().err


def test_a_boundary_that_the_cdk_would_pass_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, clients={"acme": CLIENT}, venues={"exchange": VENUE})
    folders: dict[str, Any] = {"clients_dir": str(tmp_path / "clients"), "venues_dir": str(tmp_path / "venues")}
    key = "@aws-cdk/core:permissionsBoundary"
    assert run(monkeypatch, {**folders, key: '{"name": "boundary"}'}) == 2
    assert "bounds no role" in capsys.readouterr().err


def test_context() -> None:
    context = {**OF_CDK, "client": "acme, zenith,", "clients_dir": "elsewhere", "tags.team:desk": "fix", "regoin": "x"}
    parameters = read_context(context, ROOT, {})
    assert parameters.selected == ("acme", "zenith")
    assert (parameters.clients, parameters.venues) == (ROOT / "elsewhere", VENUES)
    assert parameters.overrides == {"tags.team:desk": "fix", "regoin": "x"}


def test_no_context() -> None:
    parameters = read_context(json.loads((ROOT / "cdk.json").read_text())["context"], ROOT, {})
    assert (parameters.selected, parameters.clients, parameters.overrides) == ((), CLIENTS, {})
