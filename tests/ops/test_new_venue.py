"""`fixtunnel new venue`: what a form asks, in the form's own spelling, becomes a venue file."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from model.calendar import WeeklySession, Window
from model.load import Venues
from model.venue import Venue
from tests.ops.conftest import Fixtunnel, Person, Ran, folders

WHOLE = """
--description 'Meridian Exchange (invented)' --environment test
--peer 198.51.100.50 --peer DR=198.51.100.60 --peer-id A=gw.example.com --remote-network '10.230.0.0 255.255.255.0'
--ike 'AES-256-CBC, SHA-256, group 14' --ike 'aes128-sha2_256;modp2048' --ike-lifetime '28,800 seconds'
--esp 'AES-256-GCM (12-octet ICV)' --esp-lifetime '1 hour' --pfs 'yes, group 14 (MODP 2048)'
--encryption-domain Assigned --fix 'orders 10.230.0.20:9001 MERIDIAN 4.4' --service 'files 10.230.0.9:22'
--session 'sun-thu 17:00-16:00 America/New_York' --maintenance 'sat 6:00 - 12:00 Europe/London'
--contact 'Jo Doe, vpn@meridian.example, +44 20 7946 0000'
"""


@pytest.fixture
def new(fixtunnel: Fixtunnel, desk: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `new venue`: without a terminal, or for a person who types these lines."""

    def run(arguments: str, *typed: str) -> Ran:
        if typed:
            monkeypatch.setattr("sys.stdin", Person(*typed))
        return fixtunnel(*folders(desk), "new", "venue", *shlex.split(arguments))

    return run


def made(desk: Path, name: str) -> Venue:
    known = Venues(desk / "venues")
    content = known.get(name)
    assert content and content.model and not content.faults, known.faults
    return content.model


def test_a_session_that_lasts_for_days(new: Any, desk: Path) -> None:
    text = WHOLE.replace("sun-thu 17:00-16:00", "Sunday 17:00 - Fri 4:00")
    assert new(f"meridian {text}").status == 0
    session = made(desk, "meridian").session
    assert isinstance(session, WeeklySession)
    assert (session.from_, session.to, session.timezone) == ("sun 17:00", "fri 04:00", "America/New_York")


@pytest.mark.parametrize(
    ("written", "port", "probe"),
    [
        ("files 10.230.0.9:20-21", "20-21", None),
        ("ticks 10.230.0.9:udp/5000", "udp/5000", None),
        ("ticks 10.230.0.9:5000-5010/UDP", "udp/5000-5010", None),
        ("pay 10.230.0.9:443 unprobed", "443", False),
        ("pay 10.230.0.9:443 secondary unprobed", "443", False),
        ("pay 10.230.0.9:443 unprobed secondary", "443", False),
        ("ticks 10.230.0.9:5000 UDP", "udp/5000", None),
    ],
)
def test_ports_as_a_form_has_them(new: Any, desk: Path, written: str, port: str, probe: bool | None) -> None:
    ran = new(f"meridian {WHOLE.replace('files 10.230.0.9:22', written)}")
    assert ran.status == 0, ran.err
    (service,) = made(desk, "meridian").services
    assert (str(service.port), service.probe) == (port, probe)


def test_a_form_in_its_own_spelling_becomes_a_file(new: Any, desk: Path, fixtunnel: Fixtunnel) -> None:
    ran = new(f"meridian {WHOLE}")
    assert ran.status == 0, ran.err
    venue = made(desk, "meridian")
    assert venue.peers.labels == ("A", "DR")
    assert venue.peers.A.id == "@gw.example.com"
    assert list(map(str, venue.remote_networks)) == ["10.230.0.0/24"]
    assert list(map(str, venue.ike.proposals)) == ["aes256-sha2_256;modp2048", "aes128-sha2_256;modp2048"]
    assert str(venue.esp.proposal) == "aes_gcm_12_256;modp2048"
    assert (venue.ike.version, venue.ike.lifetime, venue.esp.lifetime, venue.esp.pfs) == (2, 28800, 3600, True)
    assert (venue.fix[0].port, venue.fix[0].version, str(venue.services[0].port)) == (9001, "FIX.4.4", "22")
    assert isinstance(venue.session, Window)
    assert venue.session.days == ("sun", "mon", "tue", "wed", "thu")
    assert venue.maintenance[0].start == "06:00"
    assert (venue.contacts[0].name, venue.contacts[0].email) == ("Jo Doe", "vpn@meridian.example")
    text = (desk / "venues/meridian.yaml").read_text()
    assert "# phase 1" in text and "# the venue gives you the address that it wants to see" in text
    assert fixtunnel(*folders(desk), "fmt", "--check", str(desk / "venues/meridian.yaml")).status == 0


def test_a_person_is_asked_each_line_with_an_explanation_and_again_where_it_is_wrong(new: Any, desk: Path) -> None:
    ran = new(
        "meridian",
        *("Meridian Exchange", "prod", "test", "198.51.100.300", "198.51.100.50, 198.51.100.51", ""),
        *("10.230.0.1/24", "10.230.0.0/24, 10.230.8.0/24", "IKEv2", "aes256-sha1", "AES-256, SHA-256, group 14", ""),
        *("aes256-sha2_256 or aes128-sha2_256", "60m", "no", "", "assigned"),
        *("orders 10.9.0.1:9001 MER", "orders 10.230.0.20:9001 MER, drop 10.230.8.20:9002 MER FIX.4.2 secondary", ""),
        *("mon-fri 07:00", "mon-fri 07:00-17:30 Europe/London", "", ""),
    )
    assert ran.status == 0, ran.err
    venue = made(desk, "meridian")
    assert (venue.peers.labels, venue.ike.lifetime, venue.esp.pfs) == (("A", "B"), 28800, False)
    assert [str(one) for one in venue.esp.proposals] == ["aes256-sha2_256", "aes128-sha2_256"]
    assert [(one.name, one.role) for one in venue.fix] == [("orders", "primary"), ("drop", "secondary")]
    for reason in ("'prod' is not one of the choices", "'10.230.0.1/24' has host bits set", "names no group"):
        assert reason in ran.err
    assert "lies in none of the remote_networks" in ran.err
    assert "transform set" in ran.err and "interesting traffic" in ran.err


def test_without_a_terminal_every_flag_that_is_missing_or_wrong_is_said_at_once(new: Any, desk: Path) -> None:
    before = sorted((desk / "venues").iterdir())
    ran = new("meridian --environment prod --peer 198.51.100.300 --esp-lifetime 'two days' --fix 'orders 10.9.0.1'")
    assert (ran.status, sorted((desk / "venues").iterdir())) == (2, before)
    flags = [line.split(": ")[0] for line in ran.err.splitlines()]
    missing = ["--description", "--remote-network", "--ike", "--esp", "--encryption-domain", "--session"]
    assert sorted({*flags}) == sorted([*missing, "--environment", "--peer", "--esp-lifetime", "--fix"])


def test_a_venue_that_is_there_is_not_written_over(new: Any, desk: Path) -> None:
    ran = new(f"lse-proquote {WHOLE}")
    assert (ran.status, "is there already" in ran.err) == (2, True)


@pytest.mark.parametrize("name", ["../../acme", "a/b", "Acme!", "x" * 300])
def test_a_name_that_is_none_makes_no_file(new: Any, desk: Path, name: str) -> None:
    before = sorted(desk.rglob("*"))
    ran = new(f"'{name}' {WHOLE}")
    assert (ran.status, sorted(desk.rglob("*"))) == (2, before)
    assert "is not a name; write 2 to 32 of a-z" in ran.err


@pytest.mark.parametrize("text", ["a\nike: {version: 1}", "x # y", "{a: b}", "~", "1.5"])
def test_an_answer_adds_no_key_to_the_file(new: Any, desk: Path, text: str) -> None:
    ran = new(f"meridian {WHOLE} --description {shlex.quote(text)}")
    assert ran.status == 2 or made(desk, "meridian").description == text


def test_it_says_for_a_machine_what_was_written(new: Any, desk: Path) -> None:
    said = json.loads(new(f"meridian {WHOLE} --json").out)
    assert (said["venue"], said["file"]) == ("meridian", str(desk / "venues/meridian.yaml"))


def test_a_client_joins_it_at_once(new: Any, desk: Path, fixtunnel: Fixtunnel) -> None:
    assert new(f"meridian {WHOLE}").status == 0
    assert fixtunnel(*folders(desk), "new", "acme", "--venue", "meridian").status == 0


def test_what_is_known_of_a_system_is_not_asked_again(new: Any, desk: Path) -> None:
    given = WHOLE.replace("--encryption-domain Assigned", "").replace(
        "--description 'Meridian Exchange (invented)'", ""
    )
    ran = new(f"coin {given} --from rba-coin")
    assert ran.status == 0, ran.err
    assert made(desk, "coin").encryption_domain == "assigned"
    assert "Reserve Bank of Australia, December 2009" in (desk / "venues/coin.yaml").read_text()


@pytest.mark.parametrize(("system", "why"), [("cboe", "did you mean 'cboe-us'?"), ("tt-fix", "FIX over TLS")])
def test_a_system_that_is_none_or_has_no_tunnel_is_refused(new: Any, system: str, why: str) -> None:
    ran = new(f"meridian {WHOLE} --from {system}")
    assert (ran.status, why in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("--peer-id 'C=GB, O=Example, CN=gw'", {"A": "C=GB, O=Example, CN=gw"}),
        (
            "--peer-id 'A=/C=GB/O=Example/CN=gw' --peer-id DR=10.20.0.1",
            {"A": "C=GB, O=Example, CN=gw", "DR": "10.20.0.1"},
        ),
        ("--peer-id 'C=C=GB, CN=gw' --peer C=198.51.100.70", {"C": "C=GB, CN=gw"}),
        ("--peer-id 'FQDN: a.example.com, DR=ops@example.com'", {"A": "@a.example.com", "DR": "ops@example.com"}),
    ],
)
def test_an_identity_goes_to_its_gateway(new: Any, desk: Path, given: str, known: dict[str, str]) -> None:
    ran = new(f"meridian {WHOLE.replace('--peer-id A=gw.example.com', '')} {given}")
    assert ran.status == 0, ran.err
    peers = made(desk, "meridian").peers
    assert {label: peer.id for label in peers.labels if (peer := peers.get(label)) and peer.id} == known


def test_an_identity_of_a_gateway_that_nobody_named_is_asked_for_again(new: Any, desk: Path) -> None:
    ran = new(
        "meridian",
        *("Meridian Exchange", "test", "198.51.100.50", "B=x", "A=@gw.example.com"),
        *("10.230.0.0/24", "", "aes256-sha2_256;modp2048", "", "aes256-sha2_256", "", "", ""),
        *("assigned", "orders 10.230.0.20:9001 MER", "", "mon-fri 07:00-17:30 Europe/London", "", ""),
    )
    assert ran.status == 0, ran.err
    assert "is for gateway B, which you did not name; you named A" in ran.err
    assert made(desk, "meridian").peers.A.id == "@gw.example.com"


def test_such_an_identity_is_blamed_on_its_own_flag(new: Any) -> None:
    ran = new(f"meridian {WHOLE.replace('DR=198.51.100.60', 'B=198.51.100.60')} --peer-id C=@gw.example.com")
    (line,) = ran.err.splitlines()
    assert line.startswith("--peer-id: error: '@gw.example.com' is for gateway C, which you did not name")
