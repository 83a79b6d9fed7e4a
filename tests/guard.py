"""A gateway's whole firewall: the client's part, the program's, and what the watch opens to trading hosts."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fixtunnel import operations, passage, settings
from model.deployment import Deployment
from tests.literal import deployed
from tests.paths import ROOT
from userdata.operations import render_operations
from userdata.render import render_files

PROGRAM = "/usr/lib/fixtunnel/guard.nft"


def whole_guard(deployment: Deployment, *, elastic_ip: str | None = None) -> str:
    """As nft on the gateway gets it, the watch's rules included."""
    literal = deployed(deployment, elastic_ip=elastic_ip) if elastic_ip else deployed(deployment)
    files = {file.path: file.content for file in render_files(deployment, literal)}
    include = f'include "{PROGRAM}"\n'
    assert files["/etc/fixtunnel/guard.nft"].count(include) == 1
    guard = files["/etc/fixtunnel/guard.nft"].replace(include, (ROOT / f"userdata/files{PROGRAM}").read_text())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "gateway.json").write_text(files["/etc/fixtunnel/gateway.json"])
        here = settings.load(Path(folder) / "gateway.json")
    return guard + passage.script(here, operations.parsed(render_operations(deployment)))
