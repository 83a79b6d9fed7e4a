"""Two tunnels on one IKE SA, production's and the test system's behind one gateway of a venue: trouble of one is its own."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import count

import pytest

from fixtunnel import connections, engine, psk, sight
from fixtunnel.connections import Connection
from fixtunnel.settings import Settings, _with_one_psk
from tests.unit.gateway.conftest import Machine, settings_of
from tests.unit.gateway.test_sights import KERNEL
from tests.unit.gateway.watching import LOADED, TRAFFIC, Watching, world

__all__ = ["world"]
PEER = "198.51.100.50"
# As libreswan 5.2 says it: the first to come up owns the IKE SA, whichever it is.
IKE = '#1: "{name}":4500 ESTABLISHED_IKE_SA (established IKE SA); REKEY in 2s; newest;\n'
CHILD = '#{number}: "{name}":4500 ESTABLISHED_CHILD_SA (established Child SA); REKEY in 9s; IKE SA #1;\n'
TRYING = '#{number}: "{name}":4500 NEW_CHILD_I1 (sent CREATE_CHILD_SA request for new IPsec SA); IKE SA #1;\n'
PRODUCTION, TEST = "Northbridge", "Harbour"


@pytest.fixture(params=[1, 2])
def large(tmp_path: object, request: pytest.FixtureRequest) -> Settings:
    here = settings_of("acme-capital", tmp_path)  # type: ignore[arg-type]
    secret = here.tunnels[0].secret
    active = [
        replace(one, peer=PEER, right_id=PEER, ike=request.param, secret=secret) for one in here.tunnels if one.active
    ]
    return replace(here, tunnels=_with_one_psk(tuple(active)))


def says(world: Watching, *states: str, carries: tuple[str, ...] = (PRODUCTION,)) -> None:
    world.machine.answers["whack --status"] = "".join(
        LOADED.format(name=name) for name in (PRODUCTION, TEST)
    ) + "".join(states)
    world.machine.answers["whack --showstates"] = lambda: (
        0,
        "".join(states) + "".join(TRAFFIC.format(name=one, count=int(world.clock[0])) for one in carries),
        "",
    )


def ran(world: Watching, seconds: int) -> list[str]:
    return [
        line for _ in range(seconds) for line in world.look() if "venue_gateways" not in line and "--status" not in line
    ]


@pytest.mark.parametrize("owner", [PRODUCTION, TEST])
def test_trouble_of_the_test_system_never_ends_what_production_has(world: Watching, owner: str) -> None:
    """For ten minutes and more the venue refuses the test system's child SA; loading it again would have ended the IKE SA."""
    says(world, IKE.format(name=owner), CHILD.format(number=2, name=PRODUCTION))
    done = ran(world, 700)
    assert set(done) == {f"whack --name {TEST} --asynchronous --initiate"}
    assert world.states()[PRODUCTION] == "up"


@pytest.mark.parametrize("owner", [PRODUCTION, TEST])
def test_what_is_half_made_is_ended_by_its_number(world: Watching, owner: str) -> None:
    says(world, IKE.format(name=owner), CHILD.format(number=2, name=PRODUCTION), TRYING.format(number=7, name=TEST))
    done = ran(world, 700)
    assert set(done) == {"whack --deletestate 7 --asynchronous"}


def test_one_that_goes_one_way_is_ended_by_its_number(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    says(world, IKE.format(name=TEST), CHILD.format(number=2, name=PRODUCTION), CHILD.format(number=3, name=TEST))
    world.look()
    sent = TRAFFIC.format(name=TEST, count=5).replace("#2", "#3").replace("outBytes=7", "outBytes={sent}")
    states = world.machine.answers["whack --showstates"]
    assert callable(states)
    kept = world.watch._keepers
    hosts = {name: ip_address(kept[name].tunnel.remote[0].split("/")[0]) for name in (PRODUCTION, TEST)}
    well = Connection(ip_address("10.64.1.10"), 5000, hosts[PRODUCTION], 7010, True, 5, 5)
    unanswered = replace(well, target=hosts[TEST])
    monkeypatch.setattr(connections, "read", lambda: (well, replace(unanswered, sent=int(world.clock[0]))))
    world.machine.answers["whack --showstates"] = lambda: (0, states()[1] + sent.format(sent=int(world.clock[0])), "")
    done = ran(world, 30)
    assert done == ["whack --deletestate 3 --asynchronous"]


def one_way(world: Watching, *, session: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What production sends is not answered. The test system's tunnel says nothing; perhaps a session through it is at rest."""
    host = next(iter(ip_network(world.watch._keepers[TEST].tunnel.remote[0]).hosts()))
    open_one = Connection(ip_address("10.64.1.10"), 5000, host, 7010, True, 9, 9)
    trader = replace(open_one, target=ip_address(world.watch._keepers[PRODUCTION].tunnel.remote[0].split("/")[0]))
    sent = count(10)
    monkeypatch.setattr(
        connections, "read", lambda: (*([open_one] if session else []), replace(trader, sent=next(sent)))
    )
    world.look()
    quiet = TRAFFIC.format(name=TEST, count=9).replace("#2", "#3")
    trades = TRAFFIC.format(name=PRODUCTION, count=9)
    states = "".join((IKE.format(name=PRODUCTION), CHILD.format(number=2, name=PRODUCTION)))
    other = CHILD.format(number=3, name=TEST) + quiet
    world.machine.answers["whack --showstates"] = lambda: (
        0,
        states + other + trades.replace("outBytes=7", f"outBytes={int(world.clock[0])}"),
        "",
    )


def ends_ike(done: list[str]) -> bool:
    return any(f"--name {PRODUCTION} --{verb}" in line for line in done for verb in ("delete", "terminate"))


def test_a_tunnel_that_nobody_uses_keeps_no_dead_ike_sa(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue forgot both. A new child SA on the dead IKE SA would never be answered."""
    says(world, IKE.format(name=PRODUCTION), CHILD.format(number=2, name=PRODUCTION), CHILD.format(number=3, name=TEST))
    one_way(world, session=False, monkeypatch=monkeypatch)
    done = ran(world, 6)
    assert ends_ike(done)
    # Whichever the IKE SA bears the name of.
    assert any(f"--name {TEST} --{verb}" in line for line in done for verb in ("delete", "terminate")), done


def test_a_session_at_rest_keeps_the_ike_sa_until_that_does_not_answer(
    world: Watching, large: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IKEv2 answers every request. Over IKEv1 a venue may be silent about one tunnel: what is sent through the other tells."""
    says(world, IKE.format(name=PRODUCTION), CHILD.format(number=2, name=PRODUCTION), CHILD.format(number=3, name=TEST))
    one_way(world, session=True, monkeypatch=monkeypatch)
    assert ran(world, 6) == ["whack --deletestate 2 --asynchronous"]
    assert ends_ike(ran(world, 5)) == (large.tunnels[0].ike == 2)


def test_what_is_asked_for_on_a_dead_ike_sa_waits_no_longer(
    world: Watching, large: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(world, IKE.format(name=PRODUCTION), CHILD.format(number=2, name=PRODUCTION), CHILD.format(number=3, name=TEST))
    one_way(world, session=True, monkeypatch=monkeypatch)
    ran(world, 6)
    states = IKE.format(name=PRODUCTION) + TRYING.format(number=7, name=PRODUCTION) + CHILD.format(number=3, name=TEST)
    world.machine.answers["whack --showstates"] = (0, states + TRAFFIC.format(name=TEST, count=9), "")
    world.machine.answers["whack --status"] = LOADED.format(name=PRODUCTION) + LOADED.format(name=TEST) + states
    assert ends_ike(ran(world, 10)) == (large.tunnels[0].ike == 2)


def test_where_nothing_works_all_is_ended(world: Watching) -> None:
    says(world, TRYING.format(number=6, name=PRODUCTION), TRYING.format(number=7, name=TEST), carries=())
    done = ran(world, 30)
    assert not [line for line in done if "--deletestate" in line]
    assert any("--terminate" in line or "--delete" in line for line in done)


def test_who_gives_way_leaves_the_ike_sa(machine: Machine, large: Settings) -> None:
    """`--delete` ends it with all that hang on it; `--terminate` sees that it is shared, in pluto 4.10, 5.2 and OpenSwan."""
    engine.give_way(large.tunnels[1], spare_ike=True)
    assert machine.ran == [f"whack --name {TEST} --terminate", f"whack --name {TEST} --unroute"]


def test_one_psk_for_a_pair_of_ids(large: Settings, tmp_path: object) -> None:
    """Two files with two values would be ambiguous while one is being changed."""
    first, second = large.tunnels
    assert (first.psk_of, second.psk_of) == ("", PRODUCTION)
    psk.write(first, b"agreed", tmp_path)
    assert psk.has_value(second, tmp_path)


def test_a_new_psk_is_asked_for_once_and_both_authenticate(world: Watching) -> None:
    says(world, IKE.format(name=PRODUCTION), CHILD.format(number=2, name=PRODUCTION), CHILD.format(number=3, name=TEST))
    world.look()
    assert list(world.reporter.requests[-1]["secrets"]) == [PRODUCTION]
    assert world.state["tunnels"][TEST]["psk"] == world.state["tunnels"][PRODUCTION]["psk"] == "current"
    world.watch._rotations[TEST]._authenticate()
    ended = " ".join(world.machine.ran)
    assert f"--name {TEST} --" in ended and f"--name {PRODUCTION} --asynchronous --initiate" in ended


def test_openswan_says_whose_each_sa_is(seed: Settings) -> None:
    """The kernel knows the peer's address alone, and that is the same."""
    one, other = seed.tunnels[0], replace(seed.tunnels[0], name="LSE_Test")
    status = '000 #2: "LSE_Proquote" esp.c5a1b2c3@198.51.100.10 esp.c5a1b2c4@10.64.0.9 tun.0@198.51.100.10\n'
    found = sight.kernel_traffic_in(KERNEL, (one, other), status)
    assert {name: len(children) for name, children in found.items()} == {"LSE_Proquote": 2}
