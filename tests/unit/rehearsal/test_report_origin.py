"""A report can be filed as evidence: when, of what, where; and what its times are."""

from __future__ import annotations

import json
import platform
import re
from pathlib import Path

from rehearsal.report import EMULATED, Fix, Report, write

FIX = Fix(
    endpoint="lse/primary", tunnel="LSE", logons=1, orders_sent=20, reports_received=20, lost=0, duplicated=0,
    recovered=0, source_seen="10.90.1.7", rtt_us={"p50": 4000, "p99": 9000, "n": 200}, tcp_echo_us=None, burst_bytes=0,
)  # fmt: skip


def test_a_report_says_when_of_which_commit_and_version_and_on_which_host(tmp_path: Path) -> None:
    data, page = write(Report(client="lse-proquote", image="debian-13"), tmp_path)
    origin = json.loads(data.read_text())["origin"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", origin["made"])
    assert re.fullmatch(r"[0-9a-f]{40}( with changes)?|unknown: not a clone", origin["commit"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", origin["version"])
    assert origin["host"].startswith(platform.node())
    for words in origin.values():
        assert words in page.read_text()


def test_each_headline_time_says_that_the_processor_was_emulated(tmp_path: Path) -> None:
    report = Report(client="lse-proquote", image="debian-13", fix=[FIX], power_on_to_logon_seconds=90)
    data, page = write(report, tmp_path)
    tiles = re.findall(r"<div><b>[^<]* (?:s|ms)</b><span>([^<]*)", page.read_text())
    assert len(tiles) == 2
    assert all("emulated processor" in tile for tile in tiles)
    assert json.loads(data.read_text())["times"] == EMULATED
