"""`fixtunnel evidence`: one archive with what is known, and no secret in it."""

from __future__ import annotations

import base64
import json
import stat
import tarfile
from pathlib import Path

import pytest

from localaws.aws import EmbeddedAws
from tests.emulator.standing import Standing
from tests.ops.conftest import CANARY, Fixtunnel, reachable
from tests.ops.embedded import Case


def opened(folder: Path) -> dict[str, str]:
    """The archive's texts by their names in it."""
    (path,) = folder.glob("acme-*.tar.gz")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with tarfile.open(path) as archive:
        return {
            member.name.partition("/")[2]: (archive.extractfile(member) or pytest.fail()).read().decode()
            for member in archive.getmembers()
        }


def test_it_has_what_an_investigation_needs(
    acme: Fixtunnel, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.engine_said("a word of the engine")
    reachable(case.gateway, monkeypatch)
    ran = acme("evidence", "acme", "--to", str(tmp_path / "kept"), "--json")
    assert (ran.status, json.loads(ran.out)["missing"]) == (0, {})
    texts = opened(tmp_path / "kept")
    assert "a word of the engine" in texts["journal.txt"]
    assert json.loads(texts["doctor.json"])[0]["layer"] == "credentials"
    assert json.loads(texts["status.json"])["client"] == "acme"
    assert json.loads(texts["stack.json"])[-1]["status"] == "CREATE_COMPLETE"
    assert json.loads(texts["gateway/state.json"])["state"] == "holding"
    assert {"files/clients/acme.yaml", "files/venues/lse-proquote.yaml", "gateway/guard.txt"} <= set(texts)
    assert json.loads(texts["about.json"])["client"] == "acme"


def test_it_is_kept_beside_the_firms_files(
    acme: Fixtunnel, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the tree of the program, which an upgrade of the wheel takes away."""
    (tmp_path / "fixtunnel.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    reachable(case.gateway, monkeypatch)
    assert acme("evidence", "acme").status == 0
    assert opened(tmp_path / "out" / "evidence")


@pytest.mark.parametrize("form", [CANARY, base64.b64encode(CANARY.encode()).decode(), CANARY.encode().hex()])
def test_no_psk_is_in_it_even_where_the_gateway_shows_one(
    form: str, acme: Fixtunnel, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.gateway.says |= {"ipsec": f'000 psk "{form}"\n', "journalctl": f"pluto: {form}\n"}
    reachable(case.gateway, monkeypatch)
    assert acme("evidence", "acme", "--to", str(tmp_path / "kept")).status == 0
    whole = "".join(opened(tmp_path / "kept").values())
    assert form not in whole
    assert "<PSK>" in whole


def test_keys_of_the_sas_are_not_asked_for(
    acme: Fixtunnel, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reachable(case.gateway, monkeypatch)
    acme("evidence", "acme", "--to", str(tmp_path / "kept"))
    assert "xfrm policy" in case.gateway.asked
    assert "xfrm state" not in case.gateway.asked
    assert "ipsec.d" not in case.gateway.asked.replace("ipsec.d/LSE_Proquote.secrets", "")


def test_what_cannot_be_reached_is_named(
    acme: Fixtunnel, aws: EmbeddedAws, standing: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIXTUNNEL_SESSION", "/nonexistent/session")
    ran = acme("evidence", "acme", "--to", str(tmp_path / "kept"))
    assert ran.status == 0
    assert "missing: journal.txt" in ran.err
    texts = opened(tmp_path / "kept")
    assert "journal.txt" in json.loads(texts["about.json"])["missing"]
    assert json.loads(texts["stack.json"])
