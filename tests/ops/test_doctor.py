"""The doctor stops at the first layer that is broken, names cause and side, and says what to do and to tell the venue."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest

from localaws.aws import EmbeddedAws
from model.load import load
from ops.doctor import Broken, tunnel
from ops.doctor.examination import Examination
from tests.emulator.standing import Standing
from tests.ops.conftest import CANARY, Fixtunnel, diagnosed, reachable
from tests.ops.embedded import TUNNEL, Case, up
from tests.paths import CLIENTS, VENUES


def test_everything_is_well(acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    found = diagnosed(acme, case, monkeypatch)
    assert (found["layer"], found["evidence"]) == ("FIX port", "primary (192.0.2.20:5001) answers in 3 ms")
    ran = acme("doctor", "acme")
    assert "Everything is well." in ran.out
    assert ran.out.count("✓") == 14


def test_a_kernel_that_tells_of_no_connections(acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tunnel works, and one that goes one way would be seen later: a finding, and no broken layer."""
    case.gateway.is_in_state("holding", {TUNNEL: up(case.now)}, connections=False)
    assert diagnosed(acme, case, monkeypatch)["well"]
    assert "its kernel does not tell of connections" in acme("doctor", "acme").out
    (status,) = json.loads(acme("status", "acme", "--json").out)
    assert status["trouble"] == "its kernel does not tell of connections"


def test_a_venue_that_runs_over_its_standby_is_told() -> None:
    """Trading goes on, and a second failure would end it: somebody has to ask the venue."""
    (deployment,) = load(clients=CLIENTS, venues=VENUES, selected=["acme-capital"]).deployments
    group = deployment.groups["northbridge"]
    examination = cast("Examination", SimpleNamespace(seen=SimpleNamespace(chosen={}, why={}), facts=dict.fromkeys))
    assert tunnel.standby(examination, group).evidence == "in use; Northbridge_B waits"
    examination.seen.chosen, examination.seen.why = {"northbridge": "Northbridge_B"}, {"northbridge": "A was silent"}  # type: ignore[misc]
    examination.facts = lambda connection: {"theirs": "A", "ours": "us"}  # type: ignore[method-assign]
    with pytest.raises(Broken, match="trading goes on over Northbridge_B: A was silent") as broken:
        tunnel.standby(examination, group)
    assert (broken.value.cause, broken.value.side, broken.value.tunnel) == ("on-standby", "venue", "Northbridge")


def spoil_disk(case: Case) -> None:
    case.gateway.says["df"] = "Use%\n 100%\n"


def spoil_clock(case: Case) -> None:
    case.gateway.says["date"] = f"{case.now - 3600}\n"


def fail_boot(case: Case) -> None:
    case.gateway.is_in_state("boot-failed", {}, reason="apt-get failed (100)")


def still_boot(case: Case) -> None:
    case.gateway.is_in_state("booting", {}, step="check engine")


def lose_program(case: Case) -> None:
    case.gateway.says["fixtunnel-status"] = "{}"


def hold_another_psk(case: Case) -> None:
    case.gateway.holds_psk(TUNNEL, CANARY + "x")


def lose_psk(case: Case) -> None:
    (case.gateway.folder / "ipsec.d" / f"{TUNNEL}.secrets").unlink()


def forget_tunnel(case: Case) -> None:
    case.gateway.is_in_state("holding", {})


def refuse_new_psk(case: Case) -> None:
    case.tunnel_is("up", ike_up=True, psk="psk-refused")


def lose_engine(case: Case) -> None:
    case.gateway.is_in_state("holding", {TUNNEL: up(case.now, state="engine-down")}, engine="not running")


def lose_watch(case: Case) -> None:
    case.gateway.is_in_state("holding", {TUNNEL: up(case.now)}, time=case.now - 120)


def wrong_psk(case: Case) -> None:
    case.tunnel_is("trying")
    case.engine_said(
        "initiating IKEv1 Main Mode connection",
        "sent Main Mode I3",
        "malformed payload in packet",
        "STATE_MAIN_I3: retransmission; will wait 0.5 seconds for response",
        "malformed payload in packet",
    )


def no_answer(case: Case) -> None:
    case.tunnel_is("trying")
    case.engine_said(
        "initiating IKEv1 Main Mode connection",
        "STATE_MAIN_I1: 60 second timeout exceeded after 7 retransmits.  "
        "No response (or no acceptable response) to our first IKEv1 message",
    )


def refuse_phase_2(case: Case) -> None:
    case.tunnel_is("ike")
    case.engine_said(
        "initiating IKEv1 Main Mode connection",
        "ISAKMP SA established {auth=PRESHARED_KEY}",
        "ignoring secured informational payload NO_PROPOSAL_CHOSEN, msgid=dac0472e, length=16",
    )


def refuse_networks(case: Case) -> None:
    case.tunnel_is("ike")
    case.engine_said(
        "initiating IKEv1 Main Mode connection",
        "ISAKMP SA established {auth=PRESHARED_KEY}",
        "ignoring secured informational payload INVALID_ID_INFORMATION, msgid=ac134ccd, length=16",
    )


def end_at_once(case: Case) -> None:
    case.tunnel_is("ended-at-once")
    again = (
        "initiating Quick Mode",
        "IPsec SA established tunnel mode",
        "received Delete SA payload via #1",
        "deleting IPsec SA (QUICK_I2) aged 0.033776s and NOT sending notification",
    )
    case.engine_said("initiating IKEv1 Main Mode connection", "ISAKMP SA established {auth=PRESHARED_KEY}")
    case.gateway.says["journalctl"] += "".join(f'"{TUNNEL}" #{n}: {one}\n' for n in range(2, 5) for one in again)


def reach_some_networks_only(case: Case) -> None:
    case.tunnel_is("partly-up", ike_up=True)
    case.engine_said(
        "initiating IKEv1 Main Mode connection",
        "ISAKMP SA established {auth=PRESHARED_KEY}",
        "ignoring secured informational payload INVALID_ID_INFORMATION, msgid=ac134ccd, length=16",
    )


def lose_policy(case: Case) -> None:
    case.gateway.says["ip"] = ""


def a_silent_pair(case: Case) -> None:
    pair = {"ours": "10.65.1.11/32", "theirs": "10.230.0.0/24", "state": "unanswered", "hosts": ["10.230.0.20"]}
    case.tunnel_is("up", ike_up=True, pairs=[pair])


def one_way(case: Case) -> None:
    case.tunnel_is("one-way", ike_up=True, bytes_in=0)


def no_clamp(case: Case) -> None:
    case.gateway.says["nft"] = "table inet fixtunnel {}\n"


def large_segments(case: Case) -> None:
    case.gateway.says["ss"] = "ESTAB 0 0 203.0.113.7:40000 192.0.2.20:5001 cubic mss:1448 cwnd:10\n"


def refused(case: Case) -> None:
    case.gateway.fix_port = "2 refused"


def silent(case: Case) -> None:
    case.gateway.fix_port = "5003 timeout"


def astray(case: Case) -> None:
    case.gateway.is_in_state("holding", {TUNNEL: up(case.now)}, astray=["192.0.2.0/24 in rtb-1"])


BROKEN: tuple[tuple[Callable[[Case], None], str, str, str], ...] = (
    (spoil_disk, "gateway", "disk-full", "us"),
    (spoil_clock, "gateway", "clock-wrong", "us"),
    (fail_boot, "gateway", "archive-unreachable", "between"),
    (still_boot, "gateway", "booting", "us"),
    (lose_program, "gateway", "unknown", "us"),
    (hold_another_psk, "secret", "secret-not-taken", "us"),
    (lose_psk, "secret", "secret-not-taken", "us"),
    (refuse_new_psk, "secret", "psk-refused", "either"),
    (lose_engine, "engine", "engine-dead", "us"),
    (lose_watch, "gateway", "watch-dead", "us"),
    (forget_tunnel, "engine", "not-loaded", "us"),
    (wrong_psk, "IKE", "wrong-psk", "either"),
    (no_answer, "IKE", "no-answer", "venue"),
    (refuse_phase_2, "child SA", "no-proposal-phase-2", "either"),
    (refuse_networks, "child SA", "selectors-refused", "either"),
    (end_at_once, "child SA", "ended-at-once", "venue"),
    (reach_some_networks_only, "child SA", "selectors-refused", "either"),
    (lose_policy, "selectors", "policy-missing", "us"),
    (a_silent_pair, "traffic", "pair-silent", "venue"),
    (one_way, "traffic", "one-way", "venue"),
    (no_clamp, "MTU", "clamp-missing", "us"),
    (large_segments, "MTU", "segments-too-large", "us"),
    (astray, "routes", "route-astray", "us"),
    (refused, "FIX port", "fix-port-refused", "venue"),
    (silent, "FIX port", "fix-port-silent", "venue"),
)


@pytest.mark.parametrize(
    ("spoil", "called"), [(case[0], case[1:]) for case in BROKEN], ids=[case[0].__name__ for case in BROKEN]
)
def test_each_fault_has_its_name_and_its_side(
    acme: Fixtunnel,
    case: Case,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Case], None],
    called: tuple[str, str, str],
) -> None:
    layer, cause, side = called
    spoil(case)
    found = diagnosed(acme, case, monkeypatch)
    assert (found["layer"], found["cause"], found["side"]) == (layer, cause, side)
    assert found["advice"]
    assert bool(found["to_venue"]) is (side in ("venue", "either"))
    assert "{" not in found["to_venue"]


def test_an_address_that_is_elsewhere(
    acme: Fixtunnel, case: Case, aws: EmbeddedAws, standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    ip, instance = standing.address["PublicIp"], standing.address["InstanceId"]
    aws.move_address(ip, instance_id=None)
    try:
        found = diagnosed(acme, case, monkeypatch)
    finally:
        aws.move_address(ip, instance_id=instance)
    assert (found["layer"], found["cause"]) == ("address", "address-elsewhere")
    assert "no gateway holds it" in found["what"]


def test_an_address_at_the_wrong_private_address(
    acme: Fixtunnel, case: Case, aws: EmbeddedAws, standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`aws ec2 associate-address --instance-id …`, as a person types it: EC2 takes the primary private address."""
    ip, instance, ec2 = standing.address["PublicIp"], standing.address["InstanceId"], aws.clients.ec2
    ec2.associate_address(AllocationId=standing.address["AllocationId"], InstanceId=instance)
    try:
        found = diagnosed(acme, case, monkeypatch)
    finally:
        aws.move_address(ip, instance_id=instance)
    assert (found["layer"], found["cause"], found["side"]) == ("address", "address-elsewhere", "us")
    assert "--private-ip-address" in found["advice"]


def test_an_agent_that_is_silent(acme: Fixtunnel, standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIXTUNNEL_SESSION", "/nonexistent/session")
    found = json.loads(acme("doctor", "acme", "--json").out)[-1]
    assert (found["layer"], found["cause"]) == ("agent", "agent-silent")


def test_the_sentence_names_our_values(acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_phase_2(case)
    sentence = diagnosed(acme, case, monkeypatch)["to_venue"]
    assert "We propose aes192-sha1, with PFS." in sentence
    reachable(case.gateway, monkeypatch)
    out = acme("doctor", "acme").out
    assert "✗ child SA" in out and "side: ours or the venue's: compare (no-proposal-phase-2)" in out
