"""Three entries of docs/runbook.md, played: something breaks, the doctor's word leads to the entry, and its steps mend it.

A person's part is played as it is written: each command of a step as it stands there, and what one should see.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ops.stand_in import GUEST, VARIABLE
from rehearsal.fix.trading import exchange_engine
from tests.ops.page import Page
from tests.paths import ROOT
from tests.rehearsal.scene import Scene

RUNBOOK = Page("docs/runbook.md")
LIMIT_S = 300.0
UNCLAMPED = """nft -a list table inet fixtunnel | awk '$1 == "chain" { chain = $2 } /maxseg/ { print chain, $NF }' |
while read chain handle; do nft delete rule inet fixtunnel $chain handle $handle; done"""


@pytest.fixture
def seed_in_session(seed: Scene) -> Iterator[Scene]:
    """The tunnel is up, and the exchange listens: otherwise the doctor would find that."""
    seed.venue.wait_until_up(limit=LIMIT_S)
    connection = seed.stage.deployment.connections[0]
    with exchange_engine(seed.stage, connection, connection.fix_endpoints[0], store="runbook", echoes=False):
        yield seed


def on_this_machine(seed: Scene, line: str) -> str:
    """A command line of the page, in the folder of the clone. What it prints, both its outputs."""
    session = {VARIABLE: f"{GUEST}{seed.stage.run_dir}/{{instance}}/agent.sock"}
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line} 2>&1"],
        cwd=ROOT,
        env={**os.environ, **seed.stage.aws.environment(), **session},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return done.stdout


def lines(step: str) -> list[str]:
    """What a step has to paste."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", step, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def expected(step: str) -> list[str]:
    """What one should see after it."""
    return [
        word
        for sentence in re.findall(r"You should see ([^\n]*)", step)
        for word in re.findall(r"[`*]([^`*]+)[`*]", sentence)
    ]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry, and which of its steps this day asks for. `more` is what its words say to add to the commands."""

    word: str
    steps: tuple[int, ...]
    more: str = ""

    def follow(self, seed: Scene) -> None:
        """Do what these steps say, and see what they say."""
        _, *parts = re.split(r"^(\d+)\. ", RUNBOOK.section(self.word).text, flags=re.MULTILINE)
        steps = dict(zip(map(int, parts[::2]), parts[1::2], strict=True))
        for number in self.steps:
            step = steps[number]
            if "[Keep the evidence]" in step:
                step += RUNBOOK.section("Keep the evidence").text
            said = "\n".join(self._done(seed, line) for line in lines(step))
            assert [word for word in expected(step) if word.strip(" …") not in said] == [], said

    def _done(self, seed: Scene, line: str) -> str:
        if not line.startswith("./fixtunnel"):
            return seed.on_gateway(line.removeprefix("sudo "))
        line = line.replace("CLIENT", seed.stage.client).replace("TUNNEL", seed.tunnel)
        return on_this_machine(seed, f"{line} {self.more if 'secret rotate' in line else ''}")


def test_a_watch_that_is_dead(seed_in_session: Scene) -> None:
    seed_in_session.on_gateway("systemctl stop fixtunnel-watch")
    seed_in_session.doctor_names("watch-dead", side="us", limit=LIMIT_S)
    Entry(word="watch-dead", steps=(1, 2, 3)).follow(seed_in_session)
    seed_in_session.doctor_names("", side="", limit=LIMIT_S)


def test_a_firewall_that_does_not_limit_segments(seed_in_session: Scene) -> None:
    seed_in_session.on_gateway(UNCLAMPED)
    seed_in_session.doctor_names("clamp-missing", side="us", limit=LIMIT_S)
    Entry(word="clamp-missing", steps=(2, 3)).follow(seed_in_session)
    seed_in_session.doctor_names("", side="", limit=LIMIT_S)


def test_a_psk_that_the_venue_cannot_take_yet(seed_in_session: Scene) -> None:
    on_this_machine(seed_in_session, f"./fixtunnel secret rotate {seed_in_session.stage.client} --generate --now")
    seed_in_session.doctor_names("psk-refused", side="either", limit=LIMIT_S)
    Entry(word="psk-refused", steps=(1, 4), more="--now").follow(seed_in_session)
    seed_in_session.doctor_names("", side="", limit=LIMIT_S)
