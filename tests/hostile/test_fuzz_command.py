"""Mutated command lines: words, an exit status, two seconds; and what is written says no more than what was given."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from model.faults import InvalidInput
from model.load import Venues, load
from model.venue import Venue
from ops.command import main
from ops.console import console
from ops.loading import lacks_only_image
from tests.hostile.bounds import bounded
from tests.hostile.mutation import CANARY, MARK, WORDS, fuzzed
from tests.paths import ROOT

LINES = [
    *(
        "check",
        "check lse-proquote",
        "check --json --strict lse-proquote",
        "check lse-proquote acme-capital",
        "cost lse-proquote",
    ),
    *(
        "cost acme-capital --traffic 20 --json",
        "choose lse-proquote",
        "choose northbridge --json",
        "form lse-proquote --offline",
    ),
    *(
        "form lse-proquote --sheet",
        "form acme-capital --offline --json",
        "form lse-proquote --offline --read venues/lse-proquote.yaml",
    ),
    *(
        "form lse-proquote --offline --to forms --format md",
        "render lse-proquote",
        "render lse-proquote --explain",
        "status --help",
    ),
    "render acme-capital /etc/ipsec.conf",
    "explain one-way",
    "explain wrong-psk --json",
    "fmt lse-proquote",
    "fmt --check --json acme-capital harbour",
    "new desk --venue lse-proquote --sender-comp-id ACME --description Desk --region eu-west-2 --no-ask",
    "new desk --venue lse-proquote --account 123456789012 --instance-type t3.small --image debian-13 --alarm-email a@example.com",
    "new desk --venue northbridge --backup --local-network 10.90.1.7/32 --source-address 10.90.1.7 --trading-hosts 10.64.1.0/24 "
    "--vpc-id vpc-0a1b2c3d --subnet-id subnet-0a1b2c3d --zone eu-west-2a --route-table rtb-0a1b2c3d",
    "new venue isle --from rba-coin --no-ask",
    "new venue isle --description Isle --environment test --peer 198.51.100.50 --peer-id A=gw.isle.example "
    "--remote-network 10.230.0.0/24 --ike aes256-sha2_256;modp2048 --ike-lifetime 8h --esp aes256,sha256 --pfs 14 "
    "--encryption-domain assigned --fix orders,10.230.0.9:9001 --service files --selector tcp/9001 "
    "--session mon-fri,7:00-17:30,UTC --maintenance sat --contact vpn@isle.example",
]
KEYS = {
    "name",
    "description",
    "account",
    "region",
    "network",
    "gateway",
    "trading_hosts",
    "tunnels",
    "alarm_email",
    "restart_window",
}


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """An example with words changed, added, doubled or gone; no argument of a program can have a NUL."""
    words = draw(st.sampled_from(LINES)).split()
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 3]))):
        at, word = draw(st.integers(0, len(words) - 1)), draw(st.sampled_from(WORDS)).replace("\x00", "")
        old = words[at]
        words[at : at + 1] = draw(
            st.sampled_from([[word], [old + word], [word + old], [old, word], [old, old], [f"{old}={word}"], []])
        )
        words = words or [""]
    return words


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("desk")
    for kind in ("clients", "venues"):
        shutil.copytree(ROOT / kind, folder / kind)
    yield folder


@given(lines())
@fuzzed(0.12)
def test_command(desk: Path, capfd: pytest.CaptureFixture[str], words: list[str]) -> None:
    folders = ["--clients-dir", str(desk / "clients"), "--venues-dir", str(desk / "venues"), "--region", "eu-west-2"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(desk)
        patch.setattr(sys, "argv", ["fixtunnel", *folders, *words])
        console.cache_clear()
        with bounded():
            status = main()
        console.cache_clear()
    out, err = capfd.readouterr()
    event(f"{words[0][:8]!a} {status}")
    assert status in (0, 1, 2), (out, err)
    for text in (out, err):
        assert "Traceback" not in text and "did not expect" not in text, text
        assert CANARY not in text
        assert all(one in "\t\n" or one.isprintable() for one in text), ascii(text)
    _writes_no_more(desk)


def _writes_no_more(desk: Path) -> None:
    """A new client has the keys that we know, and is read again as one."""
    for path in set((desk / "clients").iterdir()) - {
        desk / "clients" / one.name for one in (ROOT / "clients").iterdir()
    }:
        found = {line.partition(":")[0] for line in path.read_text().splitlines() if line[:1].isalpha()}
        assert found <= KEYS
        assert not any(line.strip().startswith(MARK) for line in path.read_text().splitlines())
        try:
            load(clients=desk / "clients", venues=desk / "venues", selected=[path.stem], is_deployed=False)
        except InvalidInput as invalid:
            assert lacks_only_image(invalid), invalid
        path.unlink()
    for path in {*(desk / "venues").glob("*.yaml")} - {
        desk / "venues" / one.name for one in (ROOT / "venues").iterdir()
    }:
        found = {line.partition(":")[0] for line in path.read_text().splitlines() if line[:1].isalpha()}
        known = Venues(desk / "venues")
        assert found <= {*Venue.model_fields} and known.get(path.stem)
        assert not [one for one in known.faults if one.severity == "error"]
        path.unlink()
    for path in (one for one in desk.iterdir() if one.name not in ("clients", "venues")):
        # The folder of --to, whatever it is called: it has forms, and nothing else.
        assert all(one.suffix in (".md", ".html", ".pdf") for one in path.rglob("*") if one.is_file()), path
        shutil.rmtree(path)
