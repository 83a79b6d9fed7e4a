"""Two tunnels that name one secret: the gateway has one file with the PSK, and each verb looks into that one."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtunnel import psk, settings
from model.deployment import Deployment
from model.load import load
from ops.doctor.secret import secret
from ops.files.rendering import files as shown_files
from ops.gateway import psk_change
from tests.literal import deployed
from tests.paths import ROOT
from userdata.render import render_files

TWO = ROOT / "tests" / "rehearsal" / "scenarios" / "two_systems"
PSK = b"a venue's and ours, of thirty-six bytes"


@pytest.fixture
def two() -> Deployment:
    (deployment,) = load(clients=TWO / "clients", venues=TWO / "venues").deployments
    return deployment


@pytest.fixture
def gateway(two: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The gateway's own files, as it writes them."""
    monkeypatch.setattr(psk_change, "ROUNDS", 1)
    (written,) = [one for one in render_files(two, deployed(two)) if one.path.endswith("gateway.json")]
    (tmp_path / "gateway.json").write_text(written.content)
    folder = tmp_path / "ipsec.d"
    folder.mkdir()
    for tunnel in settings.load(tmp_path / "gateway.json").tunnels:
        psk.write(tunnel, PSK, folder)
    return folder


def test_the_command_looks_where_the_gateway_writes(two: Deployment, gateway: Path) -> None:
    written = {path.name for path in gateway.iterdir()}
    assert len(two.connections) == 2
    assert {f"{two.psk_of(one).name}.secrets" for one in two.connections} == written
    shown = [one.path for one in shown_files(two, deployed(two)) if one.path.endswith(".secrets")]
    assert {Path(path).name for path in shown} - {"ipsec.secrets"} == written


def test_the_doctor_finds_the_psk_of_both(two: Deployment, gateway: Path) -> None:
    def ask(command: str) -> str:
        (asked,) = re.findall(r"/etc/ipsec\.d/(\S+?)\.secrets", command)
        found = (gateway / f"{asked}.secrets").exists()
        (salt,) = re.findall(r"fromhex\('(\w+)'\)", command)
        return psk_change.digest(PSK, bytes.fromhex(salt)) if found else "none"

    stored = SimpleNamespace(version=lambda: "1", use=lambda function: function(PSK))
    examination: Any = SimpleNamespace(
        deployment=two,
        salt=b"0" * 16,
        account=SimpleNamespace(secret=lambda _arn, key: stored),
        ask=ask,
        seen=SimpleNamespace(tunnels={}, aws={}),
        kept=None,
        client=two.client.name,
    )
    for connection in two.connections:
        assert secret(examination, connection).evidence == "the gateway has the PSK of the secret"


def test_a_rotation_looks_into_the_shared_file(two: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        psk_change, "_look", lambda *given: asked.append(given[3]) or psk_change.Step(words="", outcome="accepted")
    )
    leader, follower = two.connections
    list(psk_change.follow(None, None, follower.name, file_of=two.psk_of(follower).name, since=0))  # type: ignore[arg-type]
    assert set(asked) == {leader.name}
