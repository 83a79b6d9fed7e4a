"""The edge's nftables rules, as one pure function of its state (nft(8))."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from ipaddress import IPv4Address, IPv4Network

from rehearsal.world.edge.ports import GatewayPort, Rule, State

TABLE = "edge"
METADATA = "169.254.169.254"


@dataclass(frozen=True, kw_only=True)
class Counters:
    """Packets so far.

    Args:
        udp500: IKE that passed, both ways.
        udp4500: IKE and ESP in UDP that passed, both ways.
        esp_dropped: raw ESP or AH.
        leaked: for a remote network but outside UDP 500 and 4500: must be none.
        too_large: larger than the internet carries.
        not_allowed: dropped by a security group.
        spoofed: dropped by the source/destination check.
        lost: dropped on purpose: black hole and loss.
    """

    udp500: int
    udp4500: int
    esp_dropped: int
    leaked: int
    too_large: int
    not_allowed: int
    spoofed: int
    lost: int


def counters_in(listing: str) -> Counters:
    """Read `nft --json list counters`."""
    objects = (entry["counter"] for entry in json.loads(listing)["nftables"] if "counter" in entry)
    return Counters(**{counter["name"]: counter["packets"] for counter in objects})


def ruleset(state: State) -> str:
    """Everything, to be loaded as one transaction: the counters keep what they have."""
    counters = "".join(f"  counter {field.name} {{ }}\n" for field in fields(Counters))
    chains = "".join(_chain(name, lines) for name, lines in _chains(state).items())
    return f"table ip {TABLE} {{\n{counters}}}\nflush table ip {TABLE}\ntable ip {TABLE} {{\n{chains}}}\n"


def _chain(name: str, lines: Iterable[str]) -> str:
    return f"  chain {name} {{\n" + "".join(f"    {line}\n" for line in lines) + "  }\n"


def _chains(state: State) -> dict[str, list[str]]:
    chains = {"never": _never(state), "faults": _faults(state), "count": _count(), "loss_of_size": _size()}
    for port in state.gateways:
        chains[f"into_{port.tap}"] = _into(port)
        chains[f"out_of_{port.tap}"] = _out_of(port)
    return chains | {
        "arriving": ["type filter hook prerouting priority mangle", *_cut(state), *_checks(state), "jump never"],
        "translate_in": ["type nat hook prerouting priority dstnat", *_translate_in(state)],
        "local": ["type filter hook input priority filter", *_local(state)],
        "silent": [
            "type filter hook output priority filter",
            "icmp type { destination-unreachable, time-exceeded, redirect } drop",
        ],
        "passing": ["type filter hook forward priority filter; policy drop", *_passing(state)],
        "leaving": ["type filter hook postrouting priority mangle", *_unplugged(state), 'oifname "peer*" jump never'],
        "translate_out": ["type nat hook postrouting priority srcnat", *_translate_out(state)],
    }


def _never(state: State) -> list[str]:
    """What must never be seen: raw ESP, which EC2 would pass but the rehearsal must not need, and plaintext."""
    rules = ["ip protocol { 50, 51 } counter name esp_dropped drop"]
    if state.remote_networks:
        networks = ", ".join(str(network) for network in _merged(state.remote_networks))
        rules += ['iifname "host*" return', "udp dport { 500, 4500 } return"]
        rules += [f"ip daddr {{ {networks} }} counter name leaked drop"]
    return rules


def _merged(networks: Iterable[IPv4Network]) -> tuple[IPv4Network, ...]:
    """Without those inside others, which an nft set refuses."""
    distinct = sorted(set(networks), key=lambda network: network.prefixlen)
    return tuple(n for i, n in enumerate(distinct) if not any(n.subnet_of(wider) for wider in distinct[:i]))


def _cut(state: State) -> list[str]:
    """What comes from an instance whose card is gone, or goes to AWS from one that does not reach it."""
    return [f'iifname "{tap}" counter name lost drop' for tap in state.unplugged] + [
        f'iifname "{tap}" tcp dport 443 counter name lost drop' for tap in state.without_aws
    ]


def _unplugged(state: State) -> list[str]:
    return [f'oifname "{tap}" counter name lost drop' for tap in state.unplugged]


def _checks(state: State) -> list[str]:
    """A packet of an instance comes from its own address, or it asks for one (DHCP)."""
    return [
        f'iifname "{port.tap}" ip saddr != {{ 0.0.0.0, {_listed(port.addresses)} }} counter name spoofed drop'
        for port in state.gateways
        if port.source_check
    ]


def _listed(addresses: Iterable[IPv4Address]) -> str:
    return ", ".join(map(str, addresses))


def _translate_in(state: State) -> list[str]:
    """Behind a NAT that forgot its mappings nothing comes in that was not sent for."""
    forgotten = "udp dport != { 500, 4500 } " if state.outer_ports else ""
    return [f"ip daddr {public} {forgotten}dnat to {private}" for private, public in state.associations.items()]


def _translate_out(state: State) -> list[str]:
    rules = []
    for private, public in state.associations.items():
        if state.outer_ports:
            first, last = state.outer_ports
            rules.append(f'oifname "peer*" ip saddr {private} meta l4proto udp snat to {public}:{first}-{last}')
        rules.append(f'oifname "peer*" ip saddr {private} snat to {public}')
    return rules


def _local(state: State) -> list[str]:
    """EC2's own services are beyond any security group: metadata, DNS, DHCP."""
    free = [
        f"ip daddr {{ {METADATA}, {state.dns} }} accept",
        'iifname "tap*" udp dport 67 accept',
    ]
    return free + [f'iifname "{port.tap}" jump out_of_{port.tap}' for port in state.gateways]


def _passing(state: State) -> list[str]:
    rules = [f'{way[0]}ifname "peer*" jump faults' for way in state.lost_ways]
    rules += ['iifname "tap*" oifname "tap*" counter name lost drop'] if state.is_parted else []
    rules += ['iifname "peer*" jump loss_of_size', 'oifname "peer*" jump loss_of_size']
    rules += [f'iifname "{port.tap}" jump out_of_{port.tap}' for port in state.gateways]
    rules += [f'oifname "{port.tap}" jump into_{port.tap}' for port in state.gateways]
    if state.associations:
        # What leaves a private address without a public one gets nowhere: a trading host's, a secondary one's that lost it.
        known = _listed(state.associations)
        rules += [f'oifname "peer*" ip saddr {{ {known} }} {verdict}' for verdict in ("jump count", "accept")]
    return [
        *rules,
        'iifname "peer*" oifname "tap*" jump count',
        'iifname { "tap*", "host*", "peer*" } oifname "tap*" accept',
        'iifname "tap*" oifname "host*" accept',
    ]


def _into(port: GatewayPort) -> list[str]:
    check = [f"ip daddr != {{ {_listed(port.addresses)} }} counter name spoofed drop"] if port.source_check else []
    group = [_allow(rule, "saddr") for rule in port.security_group.ingress]
    return [*check, "ct state established,related return", *group, "counter name not_allowed drop"]


def _out_of(port: GatewayPort) -> list[str]:
    group = [_allow(rule, "daddr") for rule in port.security_group.egress]
    return ["ct state established,related return", *group, "counter name not_allowed drop"]


def _allow(rule: Rule, side: str) -> str:
    address = "" if rule.network.prefixlen == 0 else f"ip {side} {rule.network} "
    if rule.protocol == "-1":
        return f"{address}return"
    ports = f"{rule.protocol} dport {rule.ports[0]}-{rule.ports[1]}" if rule.ports and rule.protocol != "icmp" else ""
    return f"{address}{ports or f'meta l4proto {rule.protocol}'} return"


def _faults(state: State) -> list[str]:
    if not state.lost_percent:
        return []
    chance = "" if state.lost_percent >= 100 else f"numgen random mod 100 < {state.lost_percent} "
    return [f"{chance}counter name lost drop"]


def _size() -> list[str]:
    return ["ip length > 1500 counter name too_large drop"]


def _count() -> list[str]:
    """By the gateway's own port: outside it another may have been given."""
    return [f"udp {side} {port} counter name udp{port} return" for port in (500, 4500) for side in ("sport", "dport")]
