"""The parts that a client file says exist already, as the embedded AWS is given them before the deploy."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from model.client import ExistingNetwork, Standby
from model.deployment import Deployment
from model.named import Kind, named

VPC_PREFIX, SUBNET_PREFIX = 16, 26
"""The file names a network by its ids alone, so its addresses are chosen here: a /16 with the gateway's subnet in it."""

_NAMED: dict[Kind, str] = {
    "KMS key": "keys",
    "SNS topic": "topics",
    "policy": "boundaries",
    "log group": "log_groups",
    "bucket": "buckets",
}

NO_HOSTS = IPv4Network("10.64.0.0/16")


def parts_of(deployment: Deployment) -> dict[str, Any]:
    """What a client file says is there already, in the form of `localaws.cloudformation.seeds.existing`; empty if all is new."""
    client = deployment.client
    arns = [one.tunnel.secret.arn for one in deployment.connections if one.tunnel.secret]
    parts: dict[str, Any] = {"secrets": list(dict.fromkeys(arns))}
    if isinstance(client.network, ExistingNetwork):
        parts["network"] = _network(client.network, client.gateway.standby, client.trading_hosts)
        # By the internet gateway goes all, or IPsec alone.
        ways = ["0.0.0.0/0"] if client.has_public_address else [f"{one}/32" for one in deployment.peer_addresses]
        parts["network"]["ways"] = ways
    if address := client.gateway.elastic_ip:
        parts["address"] = {"allocation_id": address.allocation_id, "address": str(address.address)}
    if ami := client.gateway.ami:
        parts["image"] = {"ami": ami, "architecture": client.gateway.architecture}
    for kind, name in _NAMED.items():
        parts[name] = [one.id for one in named(deployment) if one.kind == kind]
    return {name: part for name, part in parts.items() if part}


def _network(network: ExistingNetwork, standby: Standby | None, hosts: tuple[IPv4Network, ...]) -> dict[str, Any]:
    vpc = hosts[0].supernet(new_prefix=VPC_PREFIX) if hosts and hosts[0].prefixlen > VPC_PREFIX else NO_HOSTS
    free = (one for one in vpc.subnets(new_prefix=SUBNET_PREFIX) if not any(one.overlaps(taken) for taken in hosts))
    return {
        "vpc_id": network.vpc_id,
        "cidr": str(vpc),
        "subnet_id": network.subnet_id,
        "subnet_cidr": str(next(free)),
        "zone": network.availability_zone,
        "route_table_ids": list(network.route_table_ids),
    } | ({"standby": _standby(standby, next(free))} if standby else {})


def _standby(standby: Standby, subnet: IPv4Network) -> dict[str, str]:
    return {"subnet_id": standby.subnet_id, "subnet_cidr": str(subnet), "zone": standby.availability_zone}
