"""The edge's rules as text: what each verb changes in them. That nftables takes them, tests/rehearsal/test_edge.py shows."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from rehearsal.world.edge.firewall import counters_in, ruleset
from rehearsal.world.edge.ports import GatewayPort, Rule, SecurityGroup, State

DNS = IPv4Address("10.64.0.2")
OLD = IPv4Address("10.64.0.4")
NEW = IPv4Address("10.64.0.5")
ELASTIC_IP = IPv4Address("203.0.113.7")


def test_an_address_belongs_to_one_instance() -> None:
    state = State(dns=DNS).with_association(private=OLD, public=ELASTIC_IP)
    moved = state.with_association(private=NEW, public=ELASTIC_IP)
    assert moved.associations == {NEW: ELASTIC_IP}


def test_an_instance_gives_up_its_temporary_address() -> None:
    state = State(dns=DNS).with_association(private=OLD, public=IPv4Address("203.0.113.99"))
    assert state.with_association(private=OLD, public=ELASTIC_IP).associations == {OLD: ELASTIC_IP}


def test_without_a_public_address_nothing_is_translated() -> None:
    rules = ruleset(State(dns=DNS))
    assert "dnat to" not in rules
    assert "snat to" not in rules


def test_a_changed_port_replaces_the_one_of_its_tap() -> None:
    group = SecurityGroup(ingress=(Rule(protocol="udp", ports=(500, 500), network=IPv4Network("198.51.100.10/32")),))
    port = GatewayPort(tap="tap0", mac="02:00:00:00:00:01", private=OLD, security_group=SecurityGroup())
    changed = GatewayPort(tap="tap0", mac=port.mac, private=OLD, security_group=group, source_check=False)
    rules = ruleset(State(dns=DNS).with_gateway(port).with_gateway(changed))
    assert "ip saddr 198.51.100.10/32 udp dport 500-500 return" in rules
    assert "counter name spoofed drop" not in rules


def test_a_secondary_address_without_a_public_one_has_no_way_out() -> None:
    port = GatewayPort(
        tap="tap0", mac="02:00:00:00:00:01", private=OLD, security_group=SecurityGroup(), secondary=(NEW,)
    )
    rules = ruleset(State(dns=DNS).with_gateway(port).with_association(private=OLD, public=ELASTIC_IP))
    assert f"ip saddr != {{ 0.0.0.0, {OLD}, {NEW} }} counter name spoofed drop" in rules, "but it is no stranger"
    assert f'oifname "peer*" ip saddr {{ {OLD} }} accept' in rules


def test_an_instance_may_lose_its_card_or_its_way_to_aws() -> None:
    state = State(dns=DNS)
    assert "tap0" not in ruleset(state)
    gone = ruleset(replace(state, unplugged=("tap0",)))
    assert [f'{way}ifname "tap0" counter name lost drop' in gone for way in ("i", "o")] == [True, True]
    assert 'iifname "tap1" tcp dport 443 counter name lost drop' in ruleset(replace(state, without_aws=("tap1",)))


def test_networks_inside_others_make_one_rule() -> None:
    wide, narrow = IPv4Network("192.0.2.0/24"), IPv4Network("192.0.2.20/32")
    assert "ip daddr { 192.0.2.0/24 } counter name leaked" in ruleset(State(dns=DNS, remote_networks=(narrow, wide)))


def test_counters_are_read_by_name() -> None:
    names = ("udp500", "udp4500", "esp_dropped", "leaked", "too_large", "not_allowed", "spoofed", "lost")
    listed = ", ".join(f'{{"counter": {{"name": "{name}", "packets": {n}}}}}' for n, name in enumerate(names))
    counters = counters_in(f'{{"nftables": [{{"metainfo": {{}}}}, {listed}]}}')
    assert (counters.udp500, counters.udp4500, counters.lost) == (0, 1, 7)
