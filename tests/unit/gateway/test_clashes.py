"""Addresses that would cut the gateway off, as far as only the gateway knows them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fixtunnel import clash
from fixtunnel.command import Failed
from fixtunnel.settings import Settings
from tests.unit.gateway.conftest import Machine

RESOLVERS = "# by systemd-resolved\nnameserver 10.64.0.2\nnameserver 127.0.0.53\nsearch eu-west-2.compute.internal\n"


def interface(name: str, address: str, length: int) -> dict[str, object]:
    return {"ifname": name, "addr_info": [{"family": "inet", "local": address, "prefixlen": length}]}


@pytest.fixture(autouse=True)
def subnet(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """10.64.0.0/26: router .1, resolver .2, ourselves .9; OpenSwan has put our /32 onto the card."""
    links = [
        interface("lo", "127.0.0.1", 8),
        interface("ens5", "10.64.0.9", 26),
        interface("ens5", "203.0.113.107", 32),
    ]
    machine.answers |= {"ip -json address": json.dumps(links)}
    (tmp_path / "resolv.conf").write_text(RESOLVERS)
    monkeypatch.setattr(clash, "RESOLVERS", tmp_path / "resolv.conf")


@pytest.mark.usefixtures("machine")
def test_the_examples_are_fine(seed: Settings, large: Settings) -> None:
    clash.check(seed)
    clash.check(large)


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        ("10.64.0.1", "address clash: 10.64.0.1 is the router"),
        ("10.64.0.2", "address clash: 10.64.0.2 is the resolver"),
        ("10.64.0.9", "address clash: 10.64.0.9 is the gateway's private address"),
        ("169.254.169.254", "address clash: 169.254.169.254 is no host's"),
        ("127.0.0.1", "address clash: 127.0.0.1 is no host's"),
        ("0.0.0.0", "address clash: 0.0.0.0 is no host's"),
        ("224.0.0.5", "address clash: 224.0.0.5 is no host's"),
        ("255.255.255.255", "address clash: 255.255.255.255 is no host's"),
        ("198.51.100.10", "address clash: 198.51.100.10 is a venue's gateway"),
        ("192.0.2.20", "address clash: 192.0.2.20 is in a venue's network"),
        ("10.64.0.63", "address clash: 10.64.0.63 is the subnet's broadcast address"),
        ("10.64.0.0", "address clash: 10.64.0.0 is the subnet's network address"),
    ],
)
def test_an_own_address_that_is_somebody_elses(seed: Settings, own: str, reason: str) -> None:
    with pytest.raises(Failed) as failed:
        clash.check(replace(seed, tunnels=(replace(seed.tunnels[0], own=own),)))
    assert failed.value.reason == reason
    assert len(reason) <= 64, "CloudFormation's signal takes no more"


@pytest.mark.parametrize("network", ["10.0.0.0/8", "10.64.0.0/29", "10.64.0.8/30", "10.64.0.2/32", "198.51.100.0/24"])
def test_a_network_of_the_venues_that_holds_what_we_need(seed: Settings, network: str) -> None:
    with pytest.raises(Failed, match=f"{network} of LSE_Proquote would take it into the tunnel"):
        clash.check(replace(seed, tunnels=(replace(seed.tunnels[0], remote=(network,)),)))


@pytest.mark.parametrize("network", ["10.64.0.32/28", "10.64.0.20/32"])
def test_a_network_of_the_venues_in_our_own_subnet(seed: Settings, network: str) -> None:
    with pytest.raises(Failed, match="in the gateway's subnet") as failed:
        clash.check(replace(seed, tunnels=(replace(seed.tunnels[0], remote=(network,)),)))
    assert len(failed.value.reason) <= 64


def test_an_address_of_our_own_in_the_subnet_is_fine(seed: Settings) -> None:
    clash.check(replace(seed, tunnels=(replace(seed.tunnels[0], own="10.64.0.20", remote=("10.64.0.64/26",)),)))


def test_before_the_network_is_there_nothing_is_refused(machine: Machine, seed: Settings, tmp_path: Path) -> None:
    machine.answers |= {"ip -json address": "", "ip -json route": ""}
    (tmp_path / "resolv.conf").unlink()
    clash.check(seed)
