"""Several pairs of networks in one tunnel, as doctor and status tell of them."""

from __future__ import annotations

import shutil
import subprocess
from types import SimpleNamespace
from typing import cast

import pytest

from model.deployment import Connection
from ops.doctor import tunnel as doctor
from ops.doctor.examination import Examination
from tests.ops.conftest import Fixtunnel, reachable
from tests.ops.embedded import Case

POLICY = (
    "src {src} dst {dst} proto tcp dport 9100\n"
    "\tdir out priority 1757393 ptype main\n"
    "\ttmpl src 10.64.0.9 dst 198.51.100.10\n\t\tproto esp reqid 16389 mode tunnel\n"
)


@pytest.mark.skipif(not shutil.which("awk"), reason="as on the gateway")
def test_two_hundred_pairs_fit_into_an_answer() -> None:
    """`ip xfrm policy list` has 149 octets for each, and SSM passes on 24,000."""
    ours, theirs = [f"10.65.{n}.0/24" for n in range(10)], [f"10.230.{n}.0/24" for n in range(20)]
    said = "".join(POLICY.format(src=src, dst=dst) for src in ours for dst in theirs)
    assert len(said) > 24_000
    _, _, filtering = doctor.POLICIES.partition("| ")
    out = subprocess.run(["/bin/sh", "-c", filtering], input=said, capture_output=True, text=True, check=True).stdout
    assert len(out) < 4_000
    assert {tuple(line.split()) for line in out.splitlines()} == {(src, *theirs) for src in ours}


def test_an_answer_that_was_cut_off_is_no_finding() -> None:
    """What the command's limit has cut off is unknown."""
    examination = SimpleNamespace(kept=None, ask=lambda _command: "10.0.0.0/24 10.1.0.0/24\n" * 1000)
    found = doctor.selectors(cast(Examination, examination), cast(Connection, SimpleNamespace(name="Quayside")))
    assert (found.asked, found.evidence) == (False, "the gateway has more policies than SSM passes on")


def test_status_names_what_is_missing(acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = {"ours": "10.65.1.11/32", "theirs": "10.230.0.0/24", "hosts": []}
    case.tunnel_is("partly-up", ike_up=True, pairs=[{**pair, "state": "down"}], silent_hosts=["10.230.4.9"])
    reachable(case.gateway, monkeypatch)
    said = " ".join(acme("status", "acme").out.split())
    assert "there is no child SA between 10.65.1.11/32 and 10.230.0.0/24" in said
    assert "the venue's host 10.230.4.9 does not answer" in said
