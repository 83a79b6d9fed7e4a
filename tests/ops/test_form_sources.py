"""What the form says of our source addresses is what the gateway's firewall does with them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from ops.form.content import forms
from tests.ops.translations import ELASTIC_IP, TRANSLATIONS, Translation, seen_as

_RULE = re.compile(r"ip daddr \{ [^}]* \} ip saddr != (\{ [^}]* \}|\S+) snat ip to (\S+)")
_ONE_TO_ONE = re.compile(r"snat ip prefix to ip saddr map \{ ([^}]*) \}")


@pytest.mark.parametrize("translation", TRANSLATIONS, ids=str)
def test_the_form_says_it(translation: Translation, tmp_path: Path) -> None:
    (form,) = forms(translation.deployment(tmp_path), address=ELASTIC_IP, today=date(2026, 11, 27))
    rows = [row for section in form.sections for row in section.rows if row.label.startswith("Source address of ")]
    assert {row.label.removeprefix("Source address of "): row.value for row in rows} == translation.says


@pytest.mark.parametrize("translation", TRANSLATIONS, ids=str)
def test_the_firewall_does_it(translation: Translation, tmp_path: Path) -> None:
    guard = translation.guard(tmp_path)
    ((inside, own),) = _RULE.findall(guard)
    domain = [IPv4Network(network) for network in inside.strip("{} ").split(", ")]
    pairs = [pair.split(" : ") for pairs in _ONE_TO_ONE.findall(guard) for pair in pairs.split(", ")]
    mapped = [(IPv4Network(hosts), IPv4Network(seen)) for hosts, seen in pairs]
    for host in map(IPv4Address, translation.some_hosts()):
        others = str(host) if any(host in one for one in domain) else own
        single = (str(seen[int(host) - int(hosts[0])]) for hosts, seen in mapped if host in hosts)
        assert seen_as(translation, str(host)) == next(single, others)


@pytest.mark.parametrize("mode", ["private", "assigned"])
def test_the_gateways_own_address_is_no_hosts(mode: str, tmp_path: Path) -> None:
    """Three /32s, one of which the gateway must own: an answer to that one ends there."""
    kept = ("10.64.1.9/32", "10.64.1.10/32")
    three = Translation(mode, {}, "10.64.1.8/32", trading_hosts=("10.64.1.0/24",), host_networks=kept)
    (form,) = forms(three.deployment(tmp_path), address=ELASTIC_IP, today=date(2026, 11, 27))
    rows = {row.label.removeprefix("Source address of "): row.value for one in form.sections for row in one.rows}
    assert rows["10.64.1.8/32"] == "the gateway's own: no host has it"
    assert {rows[f"our hosts in {one}"] for one in kept} == {"each host's own (not translated)"}
    assert rows["our other hosts in 10.64.1.0/24"] == "10.64.1.8 (translated by the gateway)"


def test_a_venue_that_is_not_probed_sees_no_probes(tmp_path: Path) -> None:
    hosts = Translation("private", {}, "10.90.1.7/32", trading_hosts=("10.64.1.0/24",))
    deployment = hosts.deployment(tmp_path)
    one = deployment.connections[0]
    fix = tuple(endpoint.model_copy(update={"probe": False}) for endpoint in one.venue.fix)
    spared = replace(one, venue=one.venue.model_copy(update={"fix": fix}))
    (form,) = forms(replace(deployment, connections=(spared,)), address=ELASTIC_IP, today=date(2026, 11, 27))
    labels = [row.label for part in form.sections for row in part.rows]
    assert not [label for label in labels if "our gateway's probes" in label]
    assert "primary: test connections" in labels
