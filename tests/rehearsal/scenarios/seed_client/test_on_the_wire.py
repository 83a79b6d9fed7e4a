"""What passed EC2's edge, from the captured packets: who spoke, in what, and what was never there."""

from __future__ import annotations

import subprocess

from tests.rehearsal.scene import Scene


def packets(seed: Scene, expression: str) -> list[str]:
    """A line for each packet of the record that the expression takes (pcap-filter(7))."""
    path = seed.stage.run_dir / "edge.pcap"
    done = subprocess.run(["tcpdump", "-nn", "-r", str(path), expression], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_nothing_but_ike_and_esp_in_udp_passed_between_gateway_and_venue(seed: Scene) -> None:
    assert packets(seed, "host 198.51.100.10 and udp port 4500")
    assert packets(seed, "host 198.51.100.10 and not udp port 500 and not udp port 4500") == []


def test_nothing_for_the_venues_network_was_seen_outside_the_tunnel(seed: Scene) -> None:
    assert packets(seed, "net 192.0.2.0/24") == []
    assert seed.report.nat is not None
    assert seed.report.nat.leaked == 0


def test_no_packet_was_raw_esp(seed: Scene) -> None:
    assert packets(seed, "ip proto 50 or ip proto 51") == []


def test_the_gateway_said_nothing_to_the_venue_before_it_held_the_elastic_ip(seed: Scene) -> None:
    """Outside, every packet to the venue comes from that address; inside, from the private one that has it."""
    (secondary,) = seed.stage.instance.secondary_ips
    others = f"not src host {seed.report.elastic_ip} and not src host {secondary}"
    assert packets(seed, f"dst host 198.51.100.10 and {others}") == []


def test_no_word_of_fix_can_be_read(seed: Scene) -> None:
    assert b"8=FIX" not in (seed.stage.run_dir / "edge.pcap").read_bytes()


def test_everything_fits_the_internet(seed: Scene) -> None:
    assert seed.stage.edge.counters.too_large == 0
    assert packets(seed, "host 198.51.100.10 and greater 1517") == []
