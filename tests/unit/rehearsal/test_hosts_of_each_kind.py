"""A rehearsal brings up a host of each kind: translated, kept, and mapped to an address of its own."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from rehearsal.world.stage import Stage
from tests.literal import example


def test_a_host_of_each_kind() -> None:
    deployment = example("tidewater")
    (first, *_) = deployment.connections
    stage = Stage(deployment=deployment, psks={one.name: b"" for one in deployment.connections})
    hosts = (stage.trading_host_address, *stage.other_hosts)
    assert {str(host): str(first.seen_from(host)) for host in hosts} == {
        "10.65.1.10": "10.92.3.7",
        "10.65.1.11": "10.65.1.11",
        "10.65.1.17": "10.65.1.17",
        "10.65.1.20": "10.92.3.8",
        "10.65.1.33": "10.92.3.33",
    }


@pytest.mark.parametrize(
    ("network", "host"),
    [
        ("10.64.1.8/32", "10.64.1.8"),
        ("10.64.1.8/31", "10.64.1.9"),
        ("10.64.1.8/30", "10.64.1.10"),
        ("10.64.1.8/29", "10.64.1.14"),
        ("10.64.1.0/28", "10.64.1.10"),
    ],
)
def test_a_small_network_has_a_host_that_trades(network: str, host: str) -> None:
    deployment = example("tidewater")
    client = deployment.client.model_copy(update={"trading_hosts": (IPv4Network(network),)})
    psks = {one.name: b"" for one in deployment.connections}
    stage = Stage(deployment=replace(deployment, client=client), psks=psks)
    assert str(stage.trading_host_address) == host
