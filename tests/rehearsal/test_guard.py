"""nft takes the guard of every example client, in a network of its own: nothing of the host's is looked at or changed."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.guard import whole_guard
from tests.literal import example
from tests.paths import CLIENTS

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft"),
]


@pytest.mark.parametrize("name", sorted(path.stem for path in CLIENTS.glob("*.yaml")))
def test_nft_takes_the_guard(name: str) -> None:
    guard = whole_guard(example(name))
    # Twice: the second time there is a table to delete. Then the set that the gateway's program fills.
    element = "nft add element inet fixtunnel venue_gateways { 10.64.0.9 . 198.51.100.10, 10.64.0.9 . 198.51.100.11 }"
    script = f'guard=$(cat); for time in 1 2; do echo "$guard" | nft -f - || exit 1; done; {element}'
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script], input=guard, capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "")
