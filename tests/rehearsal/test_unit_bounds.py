"""How much each of the gateway's units may do, by systemd's own measure: 0 is nothing, 10 is everything."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT

MOST = {
    "fixtunnel-agent.service": 6.0,
    "fixtunnel-boot.service": 6.0,
    "fixtunnel-guard.service": 6.0,
    "fixtunnel-pair.service": 4.0,
    "fixtunnel-upgrade.service": 6.0,
    "fixtunnel-watch.service": 4.0,
}
UNITS = {path.name: path for path in (ROOT / "userdata").glob("**/etc/systemd/system/*.service")}


def analysed(unit: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", *options, str(unit)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_unit_has_its_bound() -> None:
    assert set(UNITS) == set(MOST)


@pytest.mark.parametrize("name", sorted(MOST))
def test_a_unit_stays_below_its_bound(name: str) -> None:
    run = analysed(UNITS[name], f"--threshold={MOST[name] * 10:.0f}")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("name", sorted(MOST))
def test_what_a_unit_writes_is_roots_alone(name: str) -> None:
    found: list[dict[str, Any]] = json.loads(analysed(UNITS[name], "--json=short").stdout)
    assert [one["set"] for one in found if one["json_field"] == "UMask"] == [True]


@pytest.mark.parametrize("name", sorted(MOST))
def test_systemd_understands_every_line(name: str, tmp_path: Path) -> None:
    """It only warns of a key or a name that it does not know, and bounds nothing by it."""
    copy = tmp_path / name
    lines = UNITS[name].read_text().splitlines()
    copy.write_text("\n".join("ExecStart=/bin/true" if line.startswith("ExecStart=") else line for line in lines))
    run = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    assert (run.returncode, [line for line in run.stderr.splitlines() if str(copy) in line]) == (0, [])
