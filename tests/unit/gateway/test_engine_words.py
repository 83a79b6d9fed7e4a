"""What the gateway asks of the engine, and how it reads what the engines say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtunnel import engine
from fixtunnel.command import Failed
from fixtunnel.settings import Settings
from tests.unit.gateway.conftest import Machine


def over(seed: Settings, name: str, ike: int) -> Settings:
    return replace(seed, engine=name, tunnels=(replace(seed.tunnels[0], ike=ike),))


@pytest.mark.parametrize(
    ("name", "ike", "said"),
    [
        ("libreswan", 1, "Libreswan 5.2"),
        ("libreswan", 1, "Libreswan 4.10"),
        ("libreswan", 1, "Linux Libreswan 4.2 (XFRM) on 6.1.0-18-cloud-amd64"),
        ("libreswan", 2, "Libreswan 3.32"),
        ("openswan", 1, "Linux Openswan U2.6.41-4-gd5ce941/K3.2.0-64-virtual (netkey)"),
        ("openswan", 1, "Linux Openswan U2.6.41-12/K(no kernel code presently loaded)"),
        ("openswan", 1, "Linux Openswan U2.6.42/K(no kernel code presently loaded)\nSee `ipsec --copyright'"),
        ("openswan", 1, "Linux Openswan U3.0.0/K6.1.0-18-cloud-amd64 (netkey)"),
        ("openswan", 2, "Linux Openswan U3.0.0/K6.1.0-18-cloud-amd64 (netkey)"),
    ],
)
def test_version_is_accepted(machine: Machine, seed: Settings, name: str, ike: int, said: str) -> None:
    machine.answers["ipsec --version"] = said
    assert engine.check_version(over(seed, name, ike)) == said.splitlines()[0]


@pytest.mark.parametrize(
    ("name", "said", "reason"),
    [
        ("libreswan", "Libreswan 4.1", "libreswan is older than 4.2"),
        ("libreswan", "Libreswan 3.32", "libreswan is older than 4.2"),
        ("openswan", "Linux Openswan U2.6.41-3/K3.2.0 (netkey)", "openswan is older than 2.6.41-4"),
        ("openswan", "Linux Openswan U2.6.41/K3.2.0 (netkey)", "openswan is older than 2.6.41-4"),
        ("openswan", "Linux Openswan U2.6.38/K3.13.0 (netkey)", "openswan is older than 2.6.41-4"),
        ("openswan", "Libreswan 5.2", "engine is not openswan"),
        ("libreswan", "Linux Openswan U3.0.0/K6.1.0 (netkey)", "engine is not libreswan"),
        ("libreswan", "Linux strongSwan U5.9.8/K6.1.0", "engine is not libreswan"),
        ("libreswan", "", "engine is not libreswan"),
    ],
)
def test_version_is_refused(machine: Machine, seed: Settings, name: str, said: str, reason: str) -> None:
    machine.answers["ipsec --version"] = said
    with pytest.raises(Failed) as failed:
        engine.check_version(over(seed, name, 1))
    assert failed.value.reason == reason
    assert len(failed.value.reason) <= 64


def test_openswan_2_finds_no_nat_over_ikev2(machine: Machine, seed: Settings) -> None:
    """In the rehearsal it never left UDP 500, and the venue never heard its second message."""
    machine.answers["ipsec --version"] = "Linux Openswan U2.6.41-4-gd5ce941/K6.1.0-56-cloud-amd64 (netkey)"
    with pytest.raises(Failed, match=r"openswan is older than 3\.0\.0"):
        engine.check_version(over(seed, "openswan", 2))


@pytest.mark.parametrize(
    "answer", [(0, "", "warning: obsolete keyword"), (1, "", "syntax error"), (1, "syntax error", "")]
)
def test_any_word_of_the_checker_counts(machine: Machine, answer: tuple[int, str, str]) -> None:
    machine.answers["ipsec addconn"] = answer
    with pytest.raises(Failed, match=r"ipsec.conf is refused by the engine: (warning|syntax)"):
        engine.check_files()


def test_a_silent_checker_is_content(machine: Machine) -> None:
    engine.check_files()
    assert machine.ran == ["ipsec addconn --config /etc/ipsec.conf --checkconfig"]


STATUS = """000 "LSE_Proquote": 203.0.113.7/32===10.64.0.9[203.0.113.7]...198.51.100.10<198.51.100.10>===192.0.2.0/24; {state}
000 "LSE_Proquote":   oriented; my_ip=203.0.113.7; their_ip=unset;
000 "Other": 203.0.113.7/32===10.64.0.9...198.51.100.30; erouted; eroute owner: #9
000 #9: "Other":4500 STATE_QUICK_I2 (sent QI2, IPsec SA established); EVENT_SA_REPLACE in 28000s; newest IPSEC
"""
IKEV1_UP = """000 #2: "LSE_Proquote":4500 STATE_QUICK_I2 (sent QI2, IPsec SA established); EVENT_SA_REPLACE in 2s; newest IPSEC
000 #1: "LSE_Proquote":4500 STATE_MAIN_I4 (ISAKMP SA established); EVENT_SA_REPLACE in 2s; newest ISAKMP
"""
IKEV2_UP_4 = """000 #2: "LSE_Proquote":4500 STATE_V2_ESTABLISHED_CHILD_SA (established Child SA); REKEY in 2s; newest IPSEC
000 #1: "LSE_Proquote":4500 STATE_V2_ESTABLISHED_IKE_SA (established IKE SA); REKEY in 2s; newest ISAKMP
"""
IKEV2_UP_5 = """000 #1: "LSE_Proquote":4500 ESTABLISHED_IKE_SA (established IKE SA); REKEY in 25000s; newest; idle;
000 #2: "LSE_Proquote":4500 ESTABLISHED_CHILD_SA (established Child SA); REKEY in 2s; newest; eroute owner; IKE SA #1; idle;
"""
IKEV2_INIT_5 = """#7: "LSE_Proquote":500 IKE_SA_INIT_I (sent IKE_SA_INIT request); RETRANSMIT in 0s; idle;
#7: pending Child SA for "LSE_Proquote"
"""
OPENSWAN_3 = """000 #2: "LSE_Proquote":4500 IKEv2.0 STATE_CHILD_C1_KEYED (CHILD SA established); REPLACE in 9s; newest IPSEC
000 #1: "LSE_Proquote":4500 IKEv2.0 STATE_PARENT_I3 (PARENT SA established); EVENT_SA_REPLACE in 9s; newest ISAKMP
"""


@pytest.mark.parametrize(
    ("lines", "phase"),
    [
        (STATUS, "down"),
        (STATUS + OPENSWAN_3, "up"),
        (STATUS + OPENSWAN_3.splitlines(keepends=True)[1], "ike"),
        (STATUS + IKEV1_UP, "up"),
        (STATUS + IKEV1_UP.splitlines(keepends=True)[1], "ike"),
        (STATUS + '000 #1: "LSE_Proquote":500 STATE_MAIN_I1 (sent MI1, expecting MR1); none in -1s; idle', "trying"),
        (STATUS + '000 #1: "LSE_Proquote":4500 STATE_QUICK_I1 (sent QI1, expecting QR1); none in -1s', "trying"),
        (STATUS + IKEV2_UP_4, "up"),
        (STATUS + IKEV2_UP_4.splitlines(keepends=True)[1], "ike"),
        (STATUS + IKEV2_UP_5, "up"),
        (STATUS + IKEV2_UP_5.splitlines(keepends=True)[0], "ike"),
        (STATUS.replace("LSE_Proquote", "LSE_Proquote2"), "unknown"),
        (STATUS + IKEV2_INIT_5, "trying"),
        ("", "unknown"),
    ],
)
def test_phase(lines: str, phase: str) -> None:
    assert engine.phase("LSE_Proquote", lines) == phase


def test_a_tunnel_is_as_far_as_its_last_part() -> None:
    up = IKEV1_UP.replace("LSE_Proquote", "LSE_Proquote/1x1")
    waiting = '000 "LSE_Proquote/1x2": 203.0.113.7/32===10.64.0.9; unrouted; eroute owner: #0\n'
    assert engine.phases("LSE_Proquote", up + waiting) == {"LSE_Proquote/1x1": "up", "LSE_Proquote/1x2": "down"}
    assert engine.phase("LSE_Proquote", up + waiting) == "down"
    begun = '000 #1: "LSE_Proquote/1x1":500 IKE_SA_INIT_I (sent IKE_SA_INIT request); RETRANSMIT in 0s; idle;\n'
    assert engine.phase("LSE_Proquote", begun + waiting) == "trying", "the first negotiates for all"


def test_libreswan_starts_as_a_service(machine: Machine, seed: Settings) -> None:
    engine.start(seed)
    assert machine.ran == ["systemctl start ipsec.service", "whack --status"]


def test_openswan_starts_by_its_script_once(machine: Machine, seed: Settings) -> None:
    machine.answers["whack --status"] = lambda: (0 if machine.has_run("systemd-run") else 1, "", "")
    engine.start(replace(seed, engine="openswan"))
    engine.start(replace(seed, engine="openswan"))
    (script,) = [line for line in machine.ran if "ipsec setup" in line]
    assert script.startswith("systemd-run"), "the boot's few rights are not the engine's"
    assert script.endswith("modprobe --all af_key esp4 xfrm_user\nexec ipsec setup restart")


def test_an_engine_that_never_answers(machine: Machine, seed: Settings) -> None:
    machine.answers["whack --status"] = (33, "", "pluto is not running")
    with pytest.raises(Failed, match="gave up after 60 s: waited until the engine answers"):
        engine.start(seed)


def test_a_tunnel_that_the_engine_does_not_know(machine: Machine, seed: Settings) -> None:
    machine.answers["ipsec auto --add LSE_Proquote"] = (1, "", "bad subnet")
    with pytest.raises(Failed, match="not loaded: LSE_Proquote: bad subnet"):
        engine.check_loaded(seed)


def test_a_tunnel_that_the_engine_knows_is_left_alone(machine: Machine, seed: Settings) -> None:
    machine.answers["whack --status"] = STATUS
    engine.check_loaded(seed)
    assert set(machine.ran) == {"whack --status"}


def test_openswan_outlives_who_starts_it(machine: Machine, seed: Settings) -> None:
    """Its script started from the watch would be bound by the watch's few rights, and would end with it."""
    here = replace(seed, engine="openswan")
    engine.begin_start(here)
    engine.restart(here)
    scripts = [line for line in machine.ran if "ipsec setup" in line]
    assert len(scripts) == 2
    assert all(line.startswith("systemd-run --quiet --collect --service-type=forking") for line in scripts)
    assert "--no-block" in scripts[0], "the watch looks after the other tunnels meanwhile"
    assert engine.first_start_after(here) == 0 < engine.first_start_after(seed)


def test_over_ikev2_an_end_waits_for_nobody(machine: Machine, seed: Settings) -> None:
    """libreswan 5 asks the peer to agree, and a dead one held up the watch for 20 s, and the fail-over to the venue's B."""
    engine.begin_afresh(seed.tunnels[0])
    assert machine.ran.pop(0) == "whack --name LSE_Proquote --terminate"
    machine.ran.clear()
    engine.begin_afresh(replace(seed.tunnels[0], ike=2))
    assert machine.ran == [
        "whack --name LSE_Proquote --delete",
        "ipsec auto --add LSE_Proquote",
        "whack --name LSE_Proquote --asynchronous --initiate",
    ]
