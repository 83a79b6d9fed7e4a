"""Who may speak with the gateway: all that the security group lets through, and nothing else."""

from __future__ import annotations

import pytest

from tests.stacks.synthesis import Stack

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


def test_it_is_the_only_one(stack: Stack) -> None:
    ((group, _resource),) = stack.all("EC2::SecurityGroup").items()
    (interface,) = stack.one("EC2::Instance")["NetworkInterfaces"]
    assert interface["GroupSet"] == [{"Fn::GetAtt": [group, "GroupId"]}]
    assert not stack.all("EC2::SecurityGroupIngress")
    assert not stack.all("EC2::SecurityGroupEgress")


def _rules(stack: Stack, direction: str) -> list[tuple[str, int, str]]:
    rules = stack.one("EC2::SecurityGroup")[direction]
    assert all(rule["FromPort"] == rule["ToPort"] for rule in rules)
    return sorted((rule["IpProtocol"], rule["FromPort"], rule["CidrIp"]) for rule in rules)
