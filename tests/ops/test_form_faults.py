"""What is wrong with a venue's answer: every fault at once, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.conftest import Fixtunnel
from tests.ops.test_form_answer import run


def test_every_fault_is_told_at_once_with_its_line(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    answer = """\
name: [x]
ike: {proposal: aes999, lifetimes: 1h}
prot: 1
remote_networks: [192.0.2.1/24]
ours: {sender_comp_ids: [a b], color: red}
fix:
- {name: [a], port: 1}
- {host: 192.0.2.20}
- {name: primary, port: 99999}
esp: {pfs: maybe}
session: {days: [someday]}
"""
    ran = run(fixtunnel, tmp_path, answer)
    assert ran.status == 2
    lines = [line.removeprefix(f"{tmp_path}/answer.yaml:") for line in ran.err.splitlines()]
    assert [(line.split(":")[0], line.split(": ")[2]) for line in lines] == [
        ("1", "name"),
        ("2", "ike.proposal"),
        ("2", "ike.lifetimes"),
        ("3", "prot"),
        ("4", "remote_networks.0"),
        ("5", "ours.sender_comp_ids.0"),
        ("5", "ours.color"),
        ("7", "fix.0.name"),
        ("9", "fix.2.port"),
        ("10", "esp.pfs"),
        ("11", "session.days.0"),
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            "fix:\n- {name: primary, port: 5001}\n- {name: primary, host: 203.0.113.5}\n",
            "answer.yaml:3:10: error: fix.1.name: 'primary' is used twice; name each endpoint differently",
        ),
        ("name: nobody", "answer.yaml:1:7: error: name: 'nobody' is not a venue of acme; available: exchange"),
        ("- a\n- b\n", "answer.yaml:1:1: error: has no keys; begin with `fixtunnel form CLIENT --sheet`"),
        ("", "answer.yaml:1:1: error: has no keys; begin with `fixtunnel form CLIENT --sheet`"),
        ("name: exchange\nname: exchange\n", "answer.yaml:2:1: error: name: is here twice, first in line 1"),
        ("ours: {psk: hunter2}", "answer.yaml:1:8: error: ours.psk: is a secret, and no file is its place"),
        ("ours: text", "answer.yaml:1:7: error: ours: 'text' is not a mapping"),
        ("peers: [a]", "answer.yaml:1:1: error: peers: is not a mapping"),
        ("fix: {primary: 1}", "answer.yaml:1:1: error: fix: is not a list"),
        ("phone: '+44 20 7946 0000'", "phone: is not a key here; its place is contacts.phone"),
        (
            "zzz: red\nsession: {start: '07:00'}",
            "available: breaks, calendar, connection, contacts, description, dpd, encryption_domain, environment, esp, fix, ike, "
            "inbound, maintenance, more_sessions, name, ours, peers, remote_networks, services, session",
        ),
        ("ike: {lifetime_kilobytes: 4608000}", "ike.lifetime_kilobytes: is not a key here; leave it out"),
    ],
)
def test_a_fault_has_its_place(answer: str, said: str, fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    ran = run(fixtunnel, tmp_path, answer)
    assert ran.status == 2
    assert said in ran.err
    assert "hunter2" not in ran.err
