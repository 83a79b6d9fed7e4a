"""What the form says of our source addresses is what the gateway's firewall does with them."""

from __future__ import annotations

import re
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
