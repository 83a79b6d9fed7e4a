"""Acme Capital: two venues, four tunnels, FIX engines on trading hosts behind the gateway, addresses of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from rehearsal.report import write
from rehearsal.run.timeline import StepFailed
from tests.rehearsal.scene import OUT, Scene, scene
from tests.rehearsal.siege import besieged, got_through, only_the_rules_refuse

ACTIVE, STANDBY = ("Northbridge", "Harbour"), ("Northbridge_B", "Harbour_B")
ASSIGNED, OWN = "10.90.1.7", "10.91.0.1"


@pytest.fixture(scope="module")
def acme() -> Iterator[Scene]:
    with scene("acme-capital") as made:
        made.rehearsal.run()
        write(made.report, OUT / "acme-capital")
        yield made


def test_the_active_tunnels_are_up_and_the_others_wait(acme: Scene) -> None:
    up = {tunnel.name: tunnel.established for tunnel in acme.report.tunnels}
    assert up == dict.fromkeys(ACTIVE, True) | dict.fromkeys(STANDBY, False)


def test_each_is_what_its_venue_file_says(acme: Scene) -> None:
    seen = {tunnel.name: tunnel for tunnel in acme.report.tunnels}
    assert seen["Northbridge"].ike == "IKEv2 aes_gcm256-sha2_256;dh19"
    assert seen["Northbridge"].local_ts == (f"{ASSIGNED}/32",)
    assert seen["Northbridge"].remote_ts == ("10.210.0.0/24", "10.210.8.0/24")
    assert seen["Harbour"].ike == "IKEv1 aes256-sha1;modp2048"
    assert seen["Harbour"].local_ts == (f"{OWN}/32",)


def test_orders_went_from_the_trading_host_through_both_venues(acme: Scene) -> None:
    sessions = acme.report.fix
    assert {(fix.endpoint, fix.tunnel) for fix in sessions if fix.tunnel in ACTIVE} == {
        ("northbridge/primary", "Northbridge"),
        ("northbridge/secondary", "Northbridge"),
        ("harbour/primary", "Harbour"),
    }
    assert all(fix.lost == fix.duplicated == 0 < fix.orders_sent == fix.reports_received for fix in sessions)


def test_each_standby_was_up_once_and_carried_orders(acme: Scene) -> None:
    assert [fix.tunnel for fix in acme.report.fix if fix.tunnel in STANDBY] == list(STANDBY)
    assert acme.report.not_tried == {}


def test_each_exchange_saw_the_address_that_it_knows_the_client_by(acme: Scene) -> None:
    assert {(fix.endpoint.split("/")[0], fix.source_seen) for fix in acme.report.fix} == {
        ("northbridge", ASSIGNED),
        ("harbour", OWN),
    }


def test_large_packets_of_hosts_that_think_the_path_carries_9001_bytes_got_through(acme: Scene) -> None:
    """The burst of large orders, there and back; a segment that is too large would vanish without a word."""
    assert all(fix.burst_bytes >= 120_000 for fix in acme.report.fix if fix.tunnel in ACTIVE)
    assert acme.stage.edge.counters.too_large == 0


def test_nothing_left_in_the_clear_or_from_an_address_that_is_not_its_own(acme: Scene) -> None:
    counted = acme.stage.edge.counters
    assert (counted.leaked, counted.spoofed, counted.esp_dropped) == (0, 0, 0)


def test_what_was_deployed_was_booted_and_reported(acme: Scene) -> None:
    assert acme.report.verdict == "passed"
    assert acme.report.user_data_identical


def test_a_venue_gets_through_neither_to_the_gateway_nor_to_its_hosts(acme: Scene) -> None:
    """IKEv2, through the real tunnel; the other venue and hosts of the VPC have their rows too."""
    rows = besieged(acme, name="acme-capital")
    assert got_through(rows) == {}
    assert len(only_the_rules_refuse(rows)) >= 11, rows


def test_with_the_source_destination_check_on_no_host_gets_through(acme: Scene) -> None:
    """EC2 would drop what the gateway passes on for others: the deployed instance has the check off, and needs it so."""
    port = acme.stage.port
    assert not port.source_check
    acme.stage.edge.change_gateway(replace(port, source_check=True))
    try:
        with pytest.raises(StepFailed):
            acme.knock()
        assert acme.stage.edge.counters.spoofed > 0
    finally:
        acme.stage.edge.change_gateway(port)
