"""A key that belongs to another kind of the same part: the error says what it goes with, and never names its own place."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.client import Client
from model.overrides import override
from model.reading import read_model
from model.source import parse

TUNNELS = "name: acme\ntunnels: [{venue: lse-proquote}]\n"
GOES_WITH = "is not a key here; it goes with vpc_id, subnet_id, availability_zone"


def said(text: str, **given: str) -> list[str]:
    source = parse(f"{TUNNELS}{text}\n", file="acme.yaml", folder=Path())
    values = {key.replace("__", "."): value for key, value in given.items()}
    return [f"{one.key}: {one.message}" for one in read_model(Client, override(source, values)).faults]


def test_a_key_of_an_existing_network_in_one_of_our_own() -> None:
    (one,) = said("network: {cidr: 10.64.0.0/26, public_address: false}")
    assert one == f"network.public_address: {GOES_WITH}, and not with cidr"
    (one,) = said("network: {cidr: 10.64.0.0/26, subnet_id: subnet-0a1b2c3d}")
    assert one == "network.subnet_id: is not a key here; it goes with vpc_id, availability_zone, and not with cidr"


def test_it_alone_asks_for_no_network_field_by_field() -> None:
    assert said("network: {public_address: false}") == [f"network.public_address: {GOES_WITH}"]
    assert said("", network__public_address="false") == [f"network.public_address: {GOES_WITH}"]


def test_an_existing_network_still_says_what_it_lacks() -> None:
    found = said("network: {subnet_id: subnet-0a1b2c3d, public_address: false}")
    assert [one.split(";")[0] for one in found] == [
        "network.vpc_id: is missing",
        "network.availability_zone: is missing",
    ]


@pytest.mark.parametrize(
    ("key", "value", "json"),
    [
        ("services__dns", "10.0.0.2,10.0.0.3", 'services.dns=["10.0.0.2", "10.0.0.3"]'),
        ("trading_hosts", "10.0.0.0/24", 'trading_hosts=["10.0.0.0/24"]'),
        (
            "alarm_topics",
            "arn:aws:sns:eu-west-2:123456789012:pager",
            'alarm_topics=["arn:aws:sns:eu-west-2:123456789012:pager"]',
        ),
        ("tags", "fix", 'tags={"…": "…"}'),
        ("role", "acme-gw", 'role={"name": …}'),
    ],
)
def test_what_is_in_no_file_is_written_as_json(key: str, value: str, json: str) -> None:
    (one,) = said("", **{key: value})
    assert one.endswith(f"; write JSON, such as {json}"), one
