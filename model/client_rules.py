"""What must hold between the values of one client file and the venues that it names."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path as FilePath

from model.account_rules import ACCOUNT_RULES
from model.client import ExistingNetwork, NewNetwork
from model.faults import Fault, counted, dotted, first
from model.inbound_rules import INBOUND_RULES
from model.package_rules import PACKAGE_RULES
from model.pair_rules import PAIR_RULES
from model.partitions import AWS, partition_of
from model.proposal import ELLIPTIC
from model.rules import Case, Rule
from model.tunnel_rules import TUNNEL_RULES
from model.values import is_private
from model.venue_rules import leave_out


def check_client(case: Case) -> list[Fault]:
    """Every fault between the values of a client and its venues, but those that are faulty themselves."""
    due = (rule for rule in _RULES if not rule.lacks(case.deployment.faulty))
    return [fault for rule in due for fault in first(rule.find(case.seen_by(rule)))]


def _name(case: Case) -> Iterator[Fault]:
    name, stem = case.deployment.client.name, FilePath(case.source.file).stem
    if name != stem:
        yield case.source.fault(
            ("name",), f"differs from the file's name; write {stem}, or rename the file to {name}.yaml"
        )


def _network(case: Case) -> Iterator[Fault]:
    network = case.deployment.client.network
    if not isinstance(network, NewNetwork):
        return
    path = ("network", "cidr")
    if not is_private(network.cidr):
        yield case.source.fault(path, "is public; write a private network such as 10.64.0.0/26")
    if not 16 <= network.cidr.prefixlen <= 28:
        yield case.source.fault(path, "is no size that AWS takes for a VPC; write a prefix length from /16 to /28")
    if theirs := case.deployment.overlapped_by(network.cidr):
        yield case.source.fault(path, f"overlaps {theirs}; choose another private network")


def _trading_hosts(case: Case) -> Iterator[Fault]:
    client = case.deployment.client
    for index, hosts in enumerate(client.trading_hosts):
        path = ("trading_hosts", index)
        if not is_private(hosts):
            yield case.source.fault(path, "is public; trading hosts stand behind the gateway, in a private network")
        if hosts in client.trading_hosts[:index]:
            yield case.source.fault(path, "is here twice: AWS takes no rule of a security group twice; leave one out")
        if theirs := case.deployment.overlapped_by(hosts):
            yield case.source.fault(path, f"overlaps {theirs}; it cannot be on both sides of the tunnel")
    if client.trading_hosts and not isinstance(client.network, ExistingNetwork):
        message = "need an existing network, where they are; write network: with vpc_id, subnet_id and route_table_ids"
        yield case.source.fault(("trading_hosts",), message)
    if isinstance(client.network, ExistingNetwork) and bool(client.network.route_table_ids) != bool(
        client.trading_hosts
    ):
        message = "go with trading_hosts: their route tables get the routes to the venues; write both or neither"
        yield case.source.fault(("network", "route_table_ids"), message)


# Amazon VPC User Guide, "Amazon VPC quotas": inbound or outbound rules of a security group, which can be raised.
_RULES_OF_A_GROUP = 60


def _security_group(case: Case) -> Iterator[Fault]:
    """Of the gateway: each network of trading hosts with each port of a venue, IKE and NAT-T with each peer."""
    hosts = dict.fromkeys(case.deployment.client.trading_hosts)
    ports = case.deployment.venue_ports
    rules = len(hosts) * len(ports) + 2 * len(case.deployment.peer_addresses)
    if hosts and rules > _RULES_OF_A_GROUP:
        services = {one.port for venue in case.deployment.venues for one in venue.services}
        ways = ["fewer, wider networks"] if len(hosts) > 1 else []
        ways += ["adjoining ports of services as one range"] if len(services) > 1 else []
        message = (
            f"make {rules} rules in the gateway's security group ({counted(len(hosts), 'network')}, "
            f"{counted(len(ports), 'port')}), where AWS takes {_RULES_OF_A_GROUP} unless you had the quota raised; "
            f"{'write ' + ', or '.join(ways) if ways else 'have it raised'}"
        )
        yield case.source.fault(("trading_hosts",), message, severity="warning")


def _engine(case: Case) -> Iterator[Fault]:
    gateway = case.deployment.client.gateway
    if gateway.openswan and gateway.engine != "openswan":
        yield case.source.fault(
            ("gateway", "openswan"), "has no use with engine: libreswan; remove it, or write engine: openswan"
        )
    for path, connection in case.tunnels:
        proposals = [one for _, one in connection.venue.proposals("ike", "esp")]
        small = [(key, one) for key, one in connection.venue.proposals("ike", "esp") if one.group == "modp1024"]
        if gateway.engine == "libreswan" and small:
            remedies = (
                leave_out(connection.venue, key) or f"ask the venue to change {dotted(key)} to {one.better} (group 14)"
                for key, one in small
            )
            message = (
                f"asks for modp1024 (group 2), which libreswan does not have any more; {', and '.join(remedies)}; "
                f"fixtunnel choose {case.deployment.client.name} says what else could serve it"
            )
            yield case.source.fault((*path, "venue"), message)
        modern = any(p.is_aead or p.group in ELLIPTIC for p in proposals)
        if gateway.engine == "openswan" and modern:
            message = (
                "asks for AES-GCM, ChaCha20 or an elliptic group, which OpenSwan does not have; write engine: libreswan"
            )
            yield case.source.fault((*path, "venue"), message)
        elif gateway.engine == "openswan" and connection.venue.ike.version == 2:
            message = "asks for IKEv2, which OpenSwan carries through a NAT from 3.0 on; the boot refuses an older one"
            yield case.source.fault((*path, "venue"), message, severity="warning")


def _image(case: Case) -> Iterator[Fault]:
    """Debian's newest is known by parameters in the partition aws; no page of AWS's or Debian's says it of the others."""
    client = case.deployment.client
    if client.gateway.ami:
        return
    partition = partition_of(client.region or "")
    if partition != AWS:
        message = (
            f"is needed in {client.region}: what Debian's images are called in {partition} is not known; "
            "write ami: ami-… of an image there"
        )
        yield case.source.fault(("gateway", "ami"), message)
        return
    production = [venue.name for venue in case.deployment.venues if venue.environment == "production"]
    message = "is not pinned: a newer image would make an unrelated deploy replace the gateway; write ami: ami-…"
    if production and client.account:
        why = f"required in an account of yours with {production[0]}; fixtunnel image pin writes it"
        yield case.source.fault(("gateway", "ami"), f"{message} ({why})")
    else:
        # A person asks whether it is a must. It becomes one with the account, and needs credentials.
        until = (
            f" ({production[0]} is production: once this file has an account, check and deploy refuse it)"
            if production
            else ""
        )
        yield case.source.fault(("gateway", "ami"), f"{message}{until}", severity="warning")


def _services(case: Case) -> Iterator[Fault]:
    """What is asked for a tunnel to come up cannot lie behind it."""
    services = case.deployment.client.services
    for path, address in services.addresses.items():
        if address.is_loopback or address.is_multicast or address.is_unspecified or address.is_reserved:
            yield case.source.fault(("services", *path), "is no address of a server; write that of yours")
        elif theirs := case.deployment.overlapped_by(IPv4Network(address)):
            message = f"lies in {theirs}, which is reached through a tunnel only; name a server on this side"
            yield case.source.fault(("services", *path), message)
    if services.no_proxy and not services.proxy:
        yield case.source.fault(("services", "no_proxy"), "has no use without a proxy; remove it, or write proxy")


def _elastic_ip(case: Case) -> Iterator[Fault]:
    elastic_ip = case.deployment.client.gateway.elastic_ip
    if elastic_ip is None:
        return
    path = ("gateway", "elastic_ip", "address")
    if is_private(IPv4Network(elastic_ip.address)):
        yield case.source.fault(path, "is private; write the public address of the allocation")
    if elastic_ip.address in case.deployment.venue_gateways:
        yield case.source.fault(path, "is the address of a venue's peer; write your own")


def _standby(case: Case) -> Iterator[Fault]:
    """Two gateways in two zones of one VPC. The heartbeat takes a rule of the security group."""
    client = case.deployment.client
    standby, network = client.gateway.standby, client.network
    if standby is None:
        return
    path = ("gateway", "standby")
    if not isinstance(network, ExistingNetwork):
        message = "needs an existing network; write network: with vpc_id, subnet_id and availability_zone"
        yield case.source.fault(path, message)
        return
    if standby.subnet_id == network.subnet_id:
        message = "is the first gateway's subnet; write a public subnet of another zone"
        yield case.source.fault((*path, "subnet_id"), message)
    if standby.availability_zone == network.availability_zone:
        message = "is the first gateway's zone, and a zone fails as a whole; write another one"
        yield case.source.fault((*path, "availability_zone"), message)
    if client.region and standby.availability_zone[:-1] != client.region:
        yield case.source.fault((*path, "availability_zone"), f"is not in {client.region}; check zone and region")
    if not client.trading_hosts:
        message = (
            "moves the tunnel, not a FIX engine on the gateway: after a takeover the engine of the other gateway must be "
            "started there, and log on again; with trading_hosts the session is kept"
        )
        yield case.source.fault(path, message, severity="warning")


def _restart_window(case: Case) -> Iterator[Fault]:
    window = case.deployment.client.restart_window
    if window.start == window.end:
        yield case.source.fault(
            ("restart_window", "end"), "equals the start; for a whole day end a minute earlier (23:59)"
        )


_RULES = (
    Rule(_name, ("name",)),
    *TUNNEL_RULES,
    *PAIR_RULES,
    *INBOUND_RULES,
    Rule(_network, ("network", "venue.remote_networks")),
    Rule(_trading_hosts, ("trading_hosts", "network", "venue.remote_networks")),
    Rule(_security_group, ("trading_hosts", "venue.fix", "venue.services", "venue.peers")),
    Rule(_engine, ("gateway.engine", "name", "venue.ike", "venue.esp")),
    *PACKAGE_RULES,
    Rule(_image, ("gateway.ami", "account", "region", "venue.name", "venue.environment")),
    *ACCOUNT_RULES,
    Rule(_services, ("services", "venue.remote_networks")),
    Rule(_elastic_ip, ("gateway.elastic_ip.address", "venue.peers")),
    Rule(_standby, ("gateway.standby", "network", "region", "trading_hosts")),
    Rule(_restart_window, ("restart_window",)),
)
