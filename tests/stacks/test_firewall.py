"""Who may speak with the gateway: all that the security group lets through, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.literal import loaded
from tests.stacks.edits import CALLED, CLIENT, VENUE
from tests.stacks.synthesis import Stack, synthesise
from tests.unit.model.example import edited, write

ANYWHERE = "0.0.0.0/0"
PEERS = {
    "lse-proquote": ["198.51.100.10"],
    "lse-proquote-openswan": ["198.51.100.10"],
    "acme-capital": ["198.51.100.20", "198.51.100.21", "198.51.100.30", "198.51.100.31"],
}
TRADING = {"acme-capital": [("tcp", 7010, "10.64.1.0/24"), ("tcp", 9001, "10.64.1.0/24")]}


@pytest.mark.parametrize("name", PEERS)
def test_in(stacks: dict[str, Stack], name: str) -> None:
    ipsec = [("udp", port, f"{peer}/32") for peer in PEERS[name] for port in (500, 4500)]
    assert _rules(stacks[name], "SecurityGroupIngress") == sorted([*ipsec, *TRADING.get(name, [])])


@pytest.mark.parametrize("name", PEERS)
def test_out(stacks: dict[str, Stack], name: str) -> None:
    ipsec = [("udp", port, f"{peer}/32") for peer in PEERS[name] for port in (500, 4500)]
    assert _rules(stacks[name], "SecurityGroupEgress") == sorted(
        [*ipsec, ("tcp", 80, ANYWHERE), ("tcp", 443, ANYWHERE)]
    )


def test_what_a_venue_calls_leaves_towards_its_host_alone(tmp_path: Path) -> None:
    """In it comes inside ESP. AWS takes no rule twice: the proxy's is one of them already."""
    more = (
        ", {name: quotes, from: [192.0.2.30], port: 9002, to: '10.1.0.20:3128'}"
        ", {name: own, from: [192.0.2.30], port: 9003, to: 'gateway:9003'}]"
    )
    edits = CALLED | {key: f"{CALLED[key][:-1]}{more}" for key in CALLED if key.endswith(".inbound")}
    edits |= {"services": "{proxy: 'http://10.1.0.20:3128'}"}
    write(tmp_path, clients={"acme": edited(CLIENT, edits)}, venues={"exchange": VENUE})
    made = synthesise([loaded(tmp_path / "clients", tmp_path / "venues", "acme")])["acme"]
    peers = [("udp", port, f"198.51.100.{n}/32") for n in (10, 11, 12) for port in (500, 4500)]
    fix = [("tcp", port, "10.1.0.0/24") for port in (443, 5001, 5003)]
    assert _rules(made, "SecurityGroupIngress") == sorted([*peers, *fix])
    calls = [("tcp", 9001, "10.1.0.20/32"), ("tcp", 3128, "10.1.0.20/32")]
    assert _rules(made, "SecurityGroupEgress") == sorted([*peers, *calls])


def test_it_is_the_only_one(stack: Stack) -> None:
    ((group, _resource),) = stack.all("EC2::SecurityGroup").items()
    (interface,) = stack.one("EC2::Instance")["NetworkInterfaces"]
    assert interface["GroupSet"] == [{"Fn::GetAtt": [group, "GroupId"]}]
    assert not stack.all("EC2::SecurityGroupIngress")
    assert not stack.all("EC2::SecurityGroupEgress")


def test_ports_of_every_kind_that_a_venue_has(tmp_path: Path) -> None:
    """Ranges and UDP have their rules; what the gateway does not connect to has no alarm, and is in no probe's list."""
    services = (
        "[{name: files, host: 192.0.2.40, port: 20-21}, {name: ticks, host: 192.0.2.40, port: udp/5000-5010}, "
        "{name: pay, host: 192.0.2.41, port: 443, probe: false}, {name: data, host: 192.0.2.42, port: 80}]"
    )
    fix = "[{name: primary, host: 192.0.2.20, port: 5001, target_comp_id: XCH, probe: false}]"
    venue = edited(VENUE, {"services": services, "fix": fix})
    network = "{vpc_id: vpc-0a1b2c3d, subnet_id: subnet-0a1b2c3d, availability_zone: eu-west-2a, route_table_ids: [rtb-0a1b2c3d]}"
    client = edited(CLIENT, {"trading_hosts": "[10.64.1.0/24]", "network": network, "region": "eu-west-2"})
    write(tmp_path, clients={"acme": client}, venues={"exchange": venue})
    stack = synthesise([loaded(tmp_path / "clients", tmp_path / "venues", "acme")])["acme"]
    rules = stack.one("EC2::SecurityGroup")["SecurityGroupIngress"]
    assert {
        (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in rules if rule["CidrIp"] == "10.64.1.0/24"
    } == {("tcp", 20, 21), ("tcp", 80, 80), ("tcp", 443, 443), ("tcp", 5001, 5001), ("udp", 5000, 5010)}
    assert [name for name in stack.all("CloudWatch::Alarm") if "Port" in name] == [
        name for name in stack.all("CloudWatch::Alarm") if "exchangedata" in name
    ]
    (text,) = (one["Properties"]["Value"] for name, one in stack.all("SSM::Parameter").items() if "Operations" in name)
    told = json.loads(text if isinstance(text, str) else "".join(map(str, text["Fn::Join"][1])))
    assert told["endpoints"] == {"exchange": [["data", "192.0.2.42", 80]]} and told["fix"] == {
        "exchange": ["192.0.2.42", 80]
    }
    assert told["unprobed"] == {"exchange": ["20-21", "443", "5001", "udp/5000-5010"]}


def _rules(stack: Stack, direction: str) -> list[tuple[str, int, str]]:
    rules = stack.one("EC2::SecurityGroup")[direction]
    assert all(rule["FromPort"] == rule["ToPort"] for rule in rules)
    return sorted((rule["IpProtocol"], rule["FromPort"], rule["CidrIp"]) for rule in rules)
