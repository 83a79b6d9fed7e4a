"""Single values from the command line: `-c gateway.instance_type=t3.medium`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.client import Client
from model.load import load
from tests.unit.model.example import CLIENT, VENUE, said, write

TOPIC = "arn:aws:sns:eu-west-2:123456789012:pager"


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    write(tmp_path, clients={"acme": CLIENT, "zenith": CLIENT}, venues={"exchange": VENUE})


def client(overrides: dict[str, Any]) -> Client:
    loaded = load(clients=Path("clients"), venues=Path("venues"), selected=("acme",), overrides=overrides)
    return loaded.deployments[0].client


@pytest.mark.parametrize(
    ("key", "value", "path", "expected"),
    [
        ("gateway.instance_type", "t4g.small", ("gateway", "instance_type"), "t4g.small"),
        ("account", "012345678901", ("account",), "012345678901"),
        ("region", "", ("region",), None),
        ("tunnels.0.name", "LSE", ("tunnels", 0, "name"), "LSE"),
        ("tunnels.0.sender_comp_ids", "[ACME, BETA]", ("tunnels", 0, "sender_comp_ids"), ("ACME", "BETA")),
        ("tunnels.0.sender_comp_ids", ["ACME"], ("tunnels", 0, "sender_comp_ids"), ("ACME",)),
        ("tags.team.desk", "fix", ("tags", "team.desk"), "fix"),
        ("tags.team:desk", "fix", ("tags", "team:desk"), "fix"),
        ("network.cidr", "10.9.0.0/28", ("network", "cidr"), "10.9.0.0/28"),
        ("alarm_topics.0", TOPIC, ("alarm_topics",), (TOPIC,)),
        ("services.dns.0", "10.0.0.2", ("services", "dns", 0), "10.0.0.2"),
        ("tunnels.0.sender_comp_ids.0", "ACME", ("tunnels", 0, "sender_comp_ids"), ("ACME",)),
    ],
)
def test_value(key: str, value: Any, path: tuple[str | int, ...], expected: Any) -> None:
    found: Any = client({key: value}).model_dump()
    for part in path:
        found = found[part]
    assert found == expected


def test_a_tunnel_goes_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, clients={"acme": CLIENT.replace("{venue", "{name: Main, venue")}, venues={})
    assert client({"tunnels.Main.name": "Other"}).tunnels[0].name == "Other"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "gateway.instanc_type",
            "x",
            "gateway.instanc_type: is not a field of a client; did you mean 'instance_type'?",
        ),
        ("instance_type", "x", "instance_type: is not a field of a client; did you mean 'gateway.instance_type'?"),
        ("peer", "B", "peer: is not a field of a client; did you mean 'tunnels.0.peer'?"),
        ("regoin", "x", "regoin: is not a field of a client; did you mean 'region'?"),
        ("gateway.0", "x", "gateway.0: is not a field of a client; available: ami, elastic_ip, engine, image, "),
        ("tunnels.9.peer", "A", "tunnels.9.peer: cannot be set: its parent is not a mapping"),
        (
            "tunnels.Main.peer",
            "A",
            "tunnels.Main.peer: is not a field of a client; available: host_networks, inbound, local_id, local_network, ",
        ),
        ("", "x", "'': is not a field of a client; available: account, alarm_email, "),
        ("gateway.image", "debian-11", "gateway.image: 'debian-11' is not one of the choices; write 'debian-13' or "),
        ("network.cidr", "8.8.8.0/28", "network.cidr: '8.8.8.0/28' is public; write a private network such as "),
        ("trading_hosts", "[10.0.0.0/24", "is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("trading_hosts", "10.0.0.0/24", "trading_hosts: '10.0.0.0/24' is not a list; write JSON, such as "),
    ],
)
def test_fault(tmp_path: Path, key: str, value: str, message: str) -> None:
    (line,) = said(tmp_path, selected=("acme",), overrides={key: value})
    assert line.removeprefix("-c:1:13: error: ").removeprefix("-c: error: ").startswith(message)
    assert line.startswith("-c")


@pytest.mark.parametrize("selected", [(), ("acme", "zenith")])
def test_only_for_one_client(tmp_path: Path, selected: tuple[str, ...]) -> None:
    assert said(tmp_path, selected=selected, overrides={"region": "eu-west-2"}) == [
        "-c: error: region: is given for one client at a time; select it with -c client=NAME"
    ]
