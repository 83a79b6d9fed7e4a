"""How the engines' and the kernel's words about traffic are read."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from fixtunnel import sight, traffic
from fixtunnel.settings import Settings, Tunnel
from tests.unit.gateway.conftest import Machine
from tests.unit.gateway.street import ORDERS, sessions

LIBRESWAN_4 = """006 #2: "LSE_Proquote", type=ESP, add_time=1700000000, inBytes=1000, outBytes=2000, maxBytes=2^63B, id='a'
006 #4: "LSE_Proquote", type=ESP, add_time=1700000900, inBytes=10, outBytes=20, maxBytes=2^63B, id='a'
"""
LIBRESWAN_5 = LIBRESWAN_4.replace("006 ", "")
PARTS = """#2: "N/1x1", type=ESP, add_time=1700000000, inBytes=1, outBytes=2, maxBytes=2^63B, id='@a'
#3: "N/1x2", type=ESP, add_time=1700000005, inBytes=3, outBytes=4, maxBytes=2^63B, id='@a'
"""
KERNEL = """src 10.64.0.9 dst 198.51.100.10
    proto esp spi 0xc5a1b2c3(3315708611) reqid 16385(0x00004001) mode tunnel
    replay-window 32 seq 0x00000000 flag  af-unspec (0x00100000)
    encap type espinudp sport 4500 dport 4500 addr 0.0.0.0
    lifetime config:
      limit: soft (INF)(bytes), hard (INF)(bytes)
    lifetime current:
      2000(bytes), 20(packets)
      add 2026-11-23 01:02:03 use 2026-11-23 01:02:04
    stats:
      replay-window 0 replay 0 failed 0
src 198.51.100.10 dst 10.64.0.9
    proto esp spi 0xc5a1b2c4(3315708612) reqid 16385(0x00004001) mode tunnel
    lifetime current:
      1000(bytes), 10(packets)
      add 2026-11-23 01:02:03 use 2026-11-23 01:02:04
"""


@pytest.mark.parametrize("said", [LIBRESWAN_4, LIBRESWAN_5])
def test_every_child_sa_is_told(said: str) -> None:
    children = sight.traffic_in(said)["LSE_Proquote"]
    assert children == {"#2": sight.ChildSa("", 1700000000, 1000, 2000), "#4": sight.ChildSa("", 1700000900, 10, 20)}
    assert sight.Seen("up", children=children).added == 1700000900


def test_parts_add_up() -> None:
    status = "".join(
        f'000 "N/1x{n}": a===b\n000 #{n}: "N/1x{n}":4500 ESTABLISHED_CHILD_SA (established Child SA)\n' for n in (1, 2)
    )
    seen = sight.seen_in("N", status, sight.traffic_in(PARTS)["N"])
    assert (seen.phase, seen.added, seen.bytes_in, seen.bytes_out) == ("up", 1700000005, 4, 6)
    assert seen.parts == (("N/1x1", "up"), ("N/1x2", "up"))


@pytest.mark.parametrize("said", ["", "000 Total IPsec connections: loaded 1, active 0\n", "whack: is Pluto running?"])
def test_nothing(said: str) -> None:
    assert sight.traffic_in(said) == {}


def test_kernel(seed: Settings) -> None:
    seen = sight.Seen("up", children=sight.kernel_traffic_in(KERNEL, seed.tunnels)["LSE_Proquote"])
    assert seen.added == int(time.mktime((2026, 11, 23, 1, 2, 3, 0, 0, -1)))
    assert (seen.bytes_in, seen.bytes_out) == (1000, 2000)


def test_the_kernel_may_tell_either_direction_first(seed: Settings) -> None:
    there, back = KERNEL.split("src 198.51.100.10 dst")
    turned = "src 198.51.100.10 dst" + back + there
    assert sight.kernel_traffic_in(turned, seed.tunnels) == sight.kernel_traffic_in(KERNEL, seed.tunnels)


def test_openswan_asks_the_kernel_and_not_for_keys(machine: Machine, seed: Settings) -> None:
    machine.answers["ip"] = KERNEL
    looked = sight.Sight(replace(seed, engine="openswan")).look(0.0)
    assert looked and looked["LSE_Proquote"].bytes_in == 1000
    assert machine.ran == ["whack --status", "ip -s xfrm state list nokeys"]


def test_two_tunnels_to_one_gateway_have_the_sas_that_openswan_names(machine: Machine, seed: Settings) -> None:
    """The kernel knows the peer alone: each SA is of the tunnel at whose name its SPI stands, in either direction."""
    one = seed.tunnels[0]
    other = replace(one, name="LSE_Test")
    status = (
        '000 #2: "LSE_Proquote" esp.c5a1b2c3@198.51.100.10 esp.c5a1b2c4@10.64.0.9 tun.0@198.51.100.10\n'
        '000 #3: "LSE_Test" esp.d5a1b2c3@198.51.100.10 esp.d5a1b2c4@10.64.0.9 tun.0@198.51.100.10\n'
    )
    theirs = KERNEL.replace("0xc5", "0xd5").replace("2000(bytes)", "7(bytes)").replace("1000(bytes)", "5(bytes)")
    machine.answers |= {"ip": KERNEL + theirs, "whack --status": status}
    looked = sight.Sight(replace(seed, engine="openswan", tunnels=(one, other))).look(0.0)
    assert looked is not None
    assert {name: (seen.bytes_in, seen.bytes_out) for name, seen in looked.items()} == {
        "LSE_Proquote": (1000, 2000),
        "LSE_Test": (5, 7),
    }
    assert len(looked["LSE_Proquote"].children) == 2
    assert {child.part for child in looked["LSE_Test"].children.values()} == {"16385"}


def test_what_is_loaded_is_found_anywhere_in_the_engines_long_answer(machine: Machine, seed: Settings) -> None:
    machine.answers |= {"whack --status": "000 using kernel interface: xfrm\n" + STATUS, "whack --showstates": ""}
    assert (sight.Sight(seed).look(0.0) or {})["LSE_Proquote"].phase == "down"


def test_some_of_the_networks_are_a_child_too() -> None:
    assert sight.Seen("up").has_child
    assert sight.Seen("trying", parts=(("N/1x1", "up"), ("N/1x2", "down"))).has_child
    assert not sight.Seen("trying", parts=(("N/1x1", "trying"), ("N/1x2", "down"))).has_child
    assert not sight.Seen("down").has_child


def test_of_a_tunnel_without_a_child_sa_there_is_nothing(machine: Machine, seed: Settings) -> None:
    machine.answers |= {"whack --status": STATUS, "whack --showstates": ""}
    seen = (sight.Sight(seed).look(0.0) or {})["LSE_Proquote"]
    assert (seen.added, seen.bytes_in, seen.bytes_out, seen.newest) == (0, 0, 0, 0)
    assert sight.Seen("down") == sight.Seen("down", progress="", children={}, parts=(), newest=0)


def test_the_youngest_negotiation_is_told(machine: Machine, seed: Settings) -> None:
    machine.answers |= {"whack --status": STATUS, "whack --showstates": STATES.replace("#2", "#7")}
    assert (sight.Sight(seed).look(0.0) or {})["LSE_Proquote"].newest == 7


def test_the_short_question_is_one(machine: Machine, seed: Settings) -> None:
    """Each is a process of its own, and a second in which the engine does nothing else."""
    machine.answers |= {"whack --status": STATUS, "whack --showstates": STATES}
    looking = sight.Sight(seed)
    for now in (0.0, 1.0, 599.9, 600.0):
        looking.look(now)
    short = "whack --showstates --trafficstatus"
    assert machine.ran == [short, "whack --status", short, short, short, "whack --status"]


def test_what_is_missing_is_looked_for_every_half_minute(machine: Machine, seed: Settings) -> None:
    machine.answers |= {"whack --status": STATUS, "whack --showstates": ""}
    looking = sight.Sight(seed)
    for now in (0.0, 29.9, 30.0, 31.0):
        looking.look(now)
    assert machine.ran.count("whack --status") == 2


def test_another_engine_is_asked_at_once(machine: Machine, seed: Settings) -> None:
    machine.answers |= {"whack --status": STATUS, "whack --showstates": STATES}
    looking = sight.Sight(seed)
    looking.look(0.0)
    machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    assert looking.look(1.0) is None
    machine.answers |= {"whack --status": "", "whack --showstates": ""}
    assert (looking.look(2.0) or {})["LSE_Proquote"].phase == "unknown"


def test_an_engine_that_does_not_answer(machine: Machine, seed: Settings) -> None:
    machine.answers["whack --showstates"] = (33, "", "is Pluto running?")
    assert sight.Sight(seed).look(0.0) is None


@pytest.mark.parametrize(
    ("progress", "answered"),
    [
        ("STATE_MAIN_I1", False),
        ("STATE_V2_PARENT_I1", False),
        ("IKE_SA_INIT_I", False),
        ("STATE_MAIN_I3", True),
        ("", True),
    ],
)
def test_whether_a_venue_has_said_a_word(progress: str, answered: bool) -> None:
    """A negotiation that is gone was refused: one that nobody answers stays for a minute."""
    assert sight.Seen("trying", progress=progress).is_answered is answered
    for phase in ("engine-down", "unknown"):
        assert not sight.Seen(phase).is_answered


def test_progress() -> None:
    first = '000 #1: "N":500 STATE_MAIN_I1 (sent MI1, expecting MR1); none in -1s; RETRANSMIT in 1s; idle;\n'
    assert sight.seen_in("N", first, {}).progress == "STATE_MAIN_I1"
    repeated = first.replace("in 1s", "in 4s")
    assert sight.seen_in("N", repeated, {}) == sight.seen_in("N", first, {})
    assert sight.seen_in("N", first.replace("I1", "I2"), {}).progress == "STATE_MAIN_I2"


STATUS = '000 "LSE_Proquote": 203.0.113.7/32===10.64.0.9...198.51.100.10; unrouted; eroute owner: #0\n'
STATES = '000 #2: "LSE_Proquote":4500 STATE_QUICK_I2 (IPsec SA established); REPLACE in 42517s; ISAKMP SA #1; idle;\n'


def test_the_long_question_is_asked_rarely(machine: Machine, seed: Settings) -> None:
    """pluto has one thread, and negotiates nothing while it tells its whole status."""
    machine.answers |= {"whack --status": STATUS, "whack --showstates": STATES}
    looking = sight.Sight(seed)
    phases = [(looking.look(float(now)) or {})["LSE_Proquote"].phase for now in range(599)]
    assert set(phases) == {"up"}
    assert machine.ran.count("whack --status") == 1
    machine.answers["whack --showstates"] = ""
    assert (looking.look(599.0) or {})["LSE_Proquote"].phase == "down"
    machine.answers["whack --status"] = ""
    assert (looking.look(630.0) or {})["LSE_Proquote"].phase == "unknown"


def test_a_child_sa_is_born_once(machine: Machine, seed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """libreswan 5 says 0 at first, and later the time of one half or the other: each change was taken for a rekey, and
    what it had carried counted again, so that silence was not seen."""
    monkeypatch.setattr("time.time", lambda: 1700000001.5)
    looking, line = sight.Sight(seed), '#2: "LSE_Proquote", type=ESP, add_time={}, inBytes=7, outBytes=9\n'
    born = []
    for told in (0, 1700000000, 1700000003, 1700000000, 1700000004):
        machine.answers["whack --showstates"] = STATES + line.format(told)
        born.append((looking.look(0.0) or {})["LSE_Proquote"].added)
    assert born == [1700000001] * 4 + [1700000004]


def test_a_birth_that_wobbles_hides_no_silence(machine: Machine, seed: Settings) -> None:
    """Seen in the rehearsal: the venue was dead for 8.8 s, and the counters began again with each of DPD's questions."""
    looking, counted = sight.Sight(seed), traffic.Traffic([f"{ORDERS}/32"])
    line = '#2: "LSE_Proquote", type=ESP, add_time={}, inBytes=1388, outBytes={}\n'
    for now in range(9):
        machine.answers["whack --showstates"] = STATES + line.format(1700000000 + (now == 4), 100 * now)
        seen = (looking.look(float(now)) or {})["LSE_Proquote"]
        counted.note(seen, float(now), connections=sessions(seen, ORDERS))
    assert counted.is_one_way(8.0)
    assert counted.take() == (1388, 800, 0)


def test_openswans_kernel_counts_by_pair_of_networks() -> None:
    """Its status names the pair to which each SA of ESP belongs; one that it names no more goes by the kernel's number."""
    tunnels = (Tunnel("N", 1, "n", True, "198.51.100.10", "a", "b", "10.90.1.7", ("10.0.0.0/24",), "s"),)
    status = '000 #4: "N/2x1" esp.c5a1b2c3@198.51.100.10 esp.c5a1b2c4@10.64.0.9 tun.0@198.51.100.10\n'
    children = sight.kernel_traffic_in(KERNEL, tunnels, status)["N"]
    assert {child.part for child in children.values()} == {"/2x1"}
    assert {child.part for child in sight.kernel_traffic_in(KERNEL, tunnels, "")["N"].values()} == {"16385"}
