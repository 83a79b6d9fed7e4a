"""nft takes the guard of every example client, in a network of its own: nothing of the host's is looked at or changed."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.literal import deployed, example
from tests.paths import CLIENTS
from userdata.render import render_files

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft"),
]


@pytest.mark.parametrize("name", sorted(path.stem for path in CLIENTS.glob("*.yaml")))
def test_nft_takes_the_guard(name: str) -> None:
    deployment = example(name)
    (guard,) = [file for file in render_files(deployment, deployed(deployment)) if file.path.endswith("guard.nft")]
    # Twice: the second time there is a table to delete. Then the set that the gateway's program fills.
    element = "add element inet fixtunnel venue_gateways { 198.51.100.10, 198.51.100.11 }\n"
    for text in (guard.content, guard.content * 2 + element):
        done = subprocess.run(
            ["unshare", "--net", "nft", "-f", "-"], input=text, capture_output=True, text=True, check=False, timeout=30
        )
        assert (done.returncode, done.stderr) == (0, "")
