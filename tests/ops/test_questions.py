"""Questions at a terminal: no answer is lost, a name is judged first, and what was answered to another question is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.load import Venues
from tests.ops.conftest import Fixtunnel, Person, Ran, folders

ANSWERS = {
    "description": "Merlin (invented)",
    "environment": "test",
    "peers": "198.51.100.50, 198.51.100.60",
    "ids": "",
    "networks": "10.230.0.0/24",
    "version": "",
    "ike": "aes256-sha2_256;modp2048",
    "ike-lifetime": "",
    "esp": "aes256-sha2_256",
    "esp-lifetime": "",
    "pfs": "",
    "selector": "",
    "domain": "private",
    "fix": "orders 10.230.0.20:9001 MERLIN FIX.4.4",
    "services": "",
    "session": "mon-fri 07:00-17:30 Europe/London",
    "maintenance": "",
    "contact": "",
}


@pytest.fixture
def new(fixtunnel: Fixtunnel, desk: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `new venue merlin` for a person who types these answers."""

    def run(name: str = "merlin", **wrong: str) -> Ran:
        """`wrong`: an answer that is given first; the good one follows."""
        typed = [
            line
            for key, good in ANSWERS.items()
            for line in ([wrong[key.replace("-", "_")], good] if key.replace("-", "_") in wrong else [good])
        ]
        monkeypatch.setattr("sys.stdin", Person(*typed))
        return fixtunnel(*folders(desk), "new", "venue", name)

    return run


def test_a_name_of_the_wrong_form_is_refused_before_the_first_question(new: Any, desk: Path) -> None:
    ran = new("Merlin")
    assert (ran.status, (desk / "venues" / "Merlin.yaml").exists()) == (2, False)
    assert "Merlin is not a name" in ran.err and "fixtunnel new venue merlin" in ran.err
    assert "The venue in a few words" not in ran.err


def test_it_says_first_that_answers_can_be_changed_and_what_ctrl_c_does(new: Any) -> None:
    said = new().err
    begin = "Every answer can be changed in the file afterwards. Ctrl-C ends this, and writes nothing."
    assert said.startswith(begin) and said.count(begin) == 1


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("description", "x" * 201, "is not one line of text"),
        ("environment", "prod", "'prod' is not one of the choices"),
        ("peers", "198.51.100.50, 198.51.100.300", "'198.51.100.300' is not an IPv4 address"),
        ("ids", "IKEv2", "'@IKEv2' names a protocol or is a word of a form, not an identity"),
        ("ids", "A=none", "'@none' names a protocol or is a word of a form"),
        ("networks", "10.230.0.0/24, 10.230.0.0/25", "10.230.0.0/2"),
        ("ike", "aes256-sha2_256", "names no group"),
        ("ike_lifetime", "80 days", "is out of range"),
        ("esp", "aes256", "aes256"),
        ("pfs", "group 99", "99"),
        ("selector", "tcp", "tcp"),
        ("domain", "public", "'public' is not one of the choices"),
        ("fix", "drop copy 10.230.0.21:5001 MERLIN FIX.4.4", "'drop copy' is not a name; write 2 to 32 of a-z"),
        ("fix", "drop-copy 10.230.0.21:5001 10.230.0.0/24", "'10.230.0.0/24' is an address, not a CompID"),
        ("services", "market data 10.230.0.9:443", "'market data' is not a name"),
        ("session", "mon-fri 07:00-17:30 Nowhere", "'Nowhere' is not a time zone"),
        ("maintenance", "sat 07:00", "sat 07:00"),
        ("contact", "Jo, jo@", "'jo@' is not a mail address"),
    ],
)
def test_a_wrong_answer_is_refused_where_it_is_given(
    new: Any, desk: Path, question: str, answer: str, reason: str
) -> None:
    ran = new(**{question: answer})
    assert ran.status == 0, ran.err
    assert reason in ran.err
    assert Venues(desk / "venues").get("merlin")


def test_of_an_endpoint_whose_name_has_a_space_the_name_alone_is_wrong(new: Any) -> None:
    said = new(fix="orders 10.230.0.20:9001 MERLIN FIX.4.4, drop copy 10.230.0.21:5001 MERLIN FIX.4.4").err
    assert "is not an IPv4 address" not in said and "is not one of the choices" not in said


def test_what_only_the_whole_shows_is_asked_again_and_no_answer_is_lost(
    new: Any, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWERS, "peers", "198.51.100.50, 198.51.100.50")
    monkeypatch.setitem(ANSWERS, "again", "198.51.100.50, 198.51.100.60")
    ran = new()
    assert ran.status == 0, ran.err
    assert "'198.51.100.50' is also the address of peer A" in ran.err
    made = Venues(desk / "venues").get("merlin")
    assert made and made.model and str(made.model.peers.B and made.model.peers.B.address) == "198.51.100.60"


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("Sunday 17:00 to Friday 17:00 New York", "America/New_York"),
        ("mon-fri 07:00-17:30 london", "Europe/London"),
        ("mon-fri 07:00-17:30 Europe/London", "Europe/London"),
    ],
)
def test_a_city_is_its_time_zone(
    new: Any, desk: Path, monkeypatch: pytest.MonkeyPatch, written: str, zone: str
) -> None:
    monkeypatch.setitem(ANSWERS, "session", written)
    assert new().status == 0
    made = Venues(desk / "venues").get("merlin")
    assert made and made.model and made.model.session and made.model.session.timezone == zone


def test_whole_days_are_explained_as_an_answer_is_written(new: Any) -> None:
    assert "'sun 17:00 - fri 17:00 ZONE'" in new(session="sun-fri 17:00-17:00 America/New_York").err


def test_a_network_is_no_comp_id_of_ours_and_an_address_is_doubted(fixtunnel: Fixtunnel, desk: Path) -> None:
    joined = ("new", "acme", "--venue", "lse-proquote", "--no-ask", "--sender-comp-id")
    refused = fixtunnel(*folders(desk), *joined, "10.90.4.9/32")
    assert (refused.status, "'10.90.4.9/32' is an address, not a CompID" in refused.err) == (2, True)
    assert fixtunnel(*folders(desk), *joined, "10.90.4.9").status == 0
    assert "10.90.4.9 looks like an address; ask the venue whether it is your CompID" in fixtunnel(
        *folders(desk), "check", "acme"
    ).out.replace("'", "")
