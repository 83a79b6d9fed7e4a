"""The rehearsed venue's way back to a client's network: there while any child SA for it is up, whichever else ends."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from jinja2 import Template

from rehearsal.world.venue import gateway

SCRIPT = Path(gateway.__file__).parent / "templates/usr/lib/venue/updown"
KEPT, MAPPED = "10.65.1.11/32", "10.92.3.8/32"
ORDERS, FEED = "10.230.0.0/24", "10.230.4.0/24"
IP = """#!/bin/sh
# ip(8) as far as the script asks it: of each network one route.
shift 3
case "$1" in
  replace) touch "$(dirname "$0")/route-$(echo "$2" | tr / -)" ;;
  del) rm "$(dirname "$0")/route-$(echo "$2" | tr / -)" ;;
esac
"""


class Charon:
    """Runs the script as charon does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "ip").write_text(IP)
        (folder / "ip").chmod(0o755)
        text = Template(SCRIPT.read_text()).render(exchange="x", inside="169.254.1.1", up=folder / "up")
        (folder / "updown").write_text(text)

    def says(self, verb: str, ours: str, theirs: str) -> None:
        pair = {"PLUTO_MY_CLIENT": ours, "PLUTO_PEER_CLIENT": theirs}
        path = f"{self._folder}:{os.environ['PATH']}"
        environment = {"PATH": path, "PLUTO_VERB": f"{verb}-client", **pair}
        subprocess.run(["sh", str(self._folder / "updown")], env=environment, check=True, timeout=10)

    def leads_to(self, theirs: str) -> bool:
        return (self._folder / f"route-{theirs.replace('/', '-')}").exists()


@pytest.fixture
def charon(tmp_path: Path) -> Charon:
    return Charon(tmp_path)


def test_one_of_two_networks_of_the_venues_ends(charon: Charon) -> None:
    for ours in (ORDERS, FEED):
        for theirs in (KEPT, MAPPED):
            charon.says("up", ours, theirs)
    charon.says("down", FEED, KEPT)
    assert charon.leads_to(KEPT) and charon.leads_to(MAPPED)
    charon.says("down", ORDERS, KEPT)
    assert not charon.leads_to(KEPT) and charon.leads_to(MAPPED)


def test_the_older_of_two_child_sas_of_one_pair_ends(charon: Charon) -> None:
    charon.says("up", ORDERS, KEPT)
    charon.says("up", ORDERS, KEPT)
    charon.says("down", ORDERS, KEPT)
    assert charon.leads_to(KEPT)
    charon.says("down", ORDERS, KEPT)
    assert not charon.leads_to(KEPT)
    charon.says("up", ORDERS, KEPT)
    assert charon.leads_to(KEPT)
