"""The FIX session through the tunnel, as the report tells it."""

from __future__ import annotations

import json

from tests.rehearsal.scene import OUT, Scene


def test_every_order_is_accounted_for(seed: Scene) -> None:
    (fix,) = seed.report.fix
    assert fix.orders_sent == fix.reports_received > 200
    assert (fix.lost, fix.duplicated) == (0, 0)


def test_what_was_due_while_the_connection_was_reset_came_by_gap_fill(seed: Scene) -> None:
    (fix,) = seed.report.fix
    assert fix.logons == 2
    assert fix.recovered > 0


def test_the_exchange_saw_the_elastic_ip(seed: Scene) -> None:
    (fix,) = seed.report.fix
    assert fix.source_seen == seed.report.elastic_ip


def test_each_side_saw_what_the_venue_file_says(seed: Scene) -> None:
    (tunnel,) = seed.report.tunnels
    assert tunnel.established
    assert tunnel.ike == "IKEv1 aes192-sha1;modp2048"
    assert tunnel.esp == "aes192-sha1;modp2048"
    assert tunnel.local_ts == (f"{seed.report.elastic_ip}/32",)
    assert tunnel.remote_ts == ("192.0.2.0/24",)


def test_the_report_is_for_machines_too(seed: Scene) -> None:
    report = json.loads((OUT / "lse-proquote/report.json").read_text())
    assert report["verdict"] == "passed"
    assert report["client"] == "lse-proquote"
    assert report["image"] == "debian-13"
    assert report["engine"] == {"name": "libreswan", "version": "Libreswan 5.2"}
    assert report["user_data_identical"] is True
    assert {"name", "established", "ike", "esp", "local_ts", "remote_ts"} <= set(report["tunnels"][0])
    assert {"udp500", "udp4500", "esp_dropped"} <= set(report["nat"])
    assert {"p50", "p99", "n"} <= set(report["fix"]["rtt_us"]) & set(report["fix"]["tcp_echo_us"])
    assert all(step["seconds"] >= 0 for step in report["timeline"])
    assert report["power_on_to_logon_seconds"] > 0


def test_the_page_needs_nothing_beside_it(seed: Scene) -> None:
    page = (OUT / "lse-proquote/report.html").read_text()
    assert "<svg" in page
    assert "src=" not in page
    assert "href=" not in page
    assert "url(" not in page
