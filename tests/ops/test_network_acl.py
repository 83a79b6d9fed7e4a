"""A network ACL around the subnet: `plan` refuses one that stops what the gateway needs, and no other; on the local AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from localaws.aws import EmbeddedAws
from ops.aws import Account
from ops.deploying import surroundings
from tests.emulator.standing import Standing
from tests.ops.test_surroundings import SUBNET, VPC, aws, brought, found, like

__all__ = ["aws", "brought"]


@pytest.fixture
def acl(aws: EmbeddedAws, brought: Standing) -> Iterator[str]:
    """The network ACL of the VPC, without the rules that a test adds."""
    ec2: Any = aws.clients.ec2
    at = [{"Name": "vpc-id", "Values": [VPC]}, {"Name": "default", "Values": ["true"]}]
    (one,) = ec2.describe_network_acls(Filters=at)["NetworkAcls"]
    id = str(one["NetworkAclId"])
    yield id
    for egress in (False, True):
        ec2.delete_network_acl_entry(NetworkAclId=id, RuleNumber=10, Egress=egress)


def test_a_network_acl_that_stops_the_tunnel_or_aws_is_refused(account: Account, brought: Standing, acl: str) -> None:
    deny: Any = {"NetworkAclId": acl, "RuleNumber": 10, "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"}
    peer = brought.load().peer_addresses[0]
    ports = {"From": 4500, "To": 4500}
    account.access.call("ec2", "create_network_acl_entry", **deny, Egress=False, Protocol="17", PortRange=ports)
    ports = {"From": 443, "To": 443}
    account.access.call("ec2", "create_network_acl_entry", **deny, Egress=True, Protocol="6", PortRange=ports)
    said = "\n".join(found(surroundings.way_out, account, brought))
    assert f"refused: the network ACL {acl} of {SUBNET} stops UDP 4500 from {peer}" in said
    assert f"refused: the network ACL {acl} of {SUBNET} stops TCP 443 to AWS" in said
    assert "UDP 500" not in said and f"4500 to {peer}" not in said


def test_a_network_acl_that_stops_the_archive_or_most_answers_is_refused(
    account: Account, brought: Standing, acl: str
) -> None:
    deny: Any = {"NetworkAclId": acl, "RuleNumber": 10, "RuleAction": "deny", "CidrBlock": "0.0.0.0/0", "Protocol": "6"}
    account.access.call("ec2", "create_network_acl_entry", **deny, Egress=True, PortRange={"From": 80, "To": 80})
    high = {"From": 33000, "To": 65535}
    account.access.call("ec2", "create_network_acl_entry", **deny, Egress=False, PortRange=high)
    archive, answers = found(surroundings.way_out, account, brought)
    assert archive.startswith(f"refused: the network ACL {acl} of {SUBNET} stops TCP 80 to the package archive")
    assert answers.startswith(
        f"refused: the network ACL {acl} of {SUBNET} stops TCP answers from AWS, as to port 33000"
    )
    golden = like(brought, brought.text.replace("gateway: {", "gateway: {ami: ami-0123456789abcdef0, "))
    assert found(surroundings.way_out, account, golden)[0].startswith("warning: ")


def test_a_strict_network_acl_needs_what_the_firms_own_servers_need_and_no_more(
    aws: EmbeddedAws, account: Account, brought: Standing, acl: str
) -> None:
    """Behind a proxy nothing goes to AWS by itself; the proxy, DNS and time have to be reached."""
    ec2, peer = aws.clients.client("ec2"), brought.load().peer_addresses[0]
    services = "services: {proxy: 'http://10.71.0.8:3128', dns: [10.71.0.2], ntp: [10.71.0.4]}\n"
    strict = like(brought, brought.text + services)
    # By number: what is let through, then the denial of all that is left.
    rules = [("10.71.0.0/16", "-1"), (f"{peer}/32", "17"), ("0.0.0.0/0", "-1")]
    try:
        for egress in (False, True):
            for number, (network, protocol) in enumerate(rules):
                action = "deny" if number == 2 else "allow"
                there: Any = {"NetworkAclId": acl, "RuleNumber": 10 + number, "Egress": egress, "Protocol": protocol}
                ec2.create_network_acl_entry(**there, RuleAction=action, CidrBlock=network)
        assert found(surroundings.way_out, account, strict) == []
        assert any("TCP 443 to AWS" in one for one in found(surroundings.way_out, account, brought))
        for egress in (False, True):
            ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=10, Egress=egress)
        said = "\n".join(found(surroundings.way_out, account, strict))
        assert "refused" in said and "TCP 3128 to 10.71.0.8 (proxy)" in said and "UDP 53 to 10.71.0.2 (DNS)" in said
        for egress in (False, True):
            there = {"NetworkAclId": acl, "RuleNumber": 10, "Egress": egress, "Protocol": "-1"}
            ec2.create_network_acl_entry(**there, RuleAction="allow", CidrBlock="10.71.0.0/16")
    finally:
        for egress in (False, True):
            for number in (11, 12):
                ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=number, Egress=egress)
