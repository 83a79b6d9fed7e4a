"""Who could serve a venue is asked when our gateway cannot: so every venue file that can be read has an answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ops.conftest import Fixtunnel
from tests.unit.model.example import CLIENT, VENUE, edited, write

MODERN = {"ike": "{version: 2, proposal: aes256-sha1;modp1024}", "encryption_domain": "private"}
OURS = {"tunnels.0.local_network": "10.91.0.1"}


def chosen(fixtunnel: Fixtunnel, folder: Path, name: str, *, venue: dict[str, str], client: dict[str, str]) -> Any:
    write(folder, clients={"acme": edited(CLIENT, client)}, venues={"exchange": edited(VENUE, venue)})
    folders = ("--clients-dir", str(folder / "clients"), "--venues-dir", str(folder / "venues"))
    ran = fixtunnel(*folders, "choose", name, "--json")
    assert ran.status == 0, ran.err
    words = fixtunnel(*folders, "choose", name)
    assert words.status == 0
    return json.loads(ran.out) | {"words": words.out}


@pytest.mark.parametrize("name", ["acme", "exchange"])
def test_a_venue_that_only_awss_vpn_can_serve(name: str, fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    said = chosen(fixtunnel, tmp_path, name, venue=MODERN, client=OURS)
    assert said["verdict"] == "ask"
    (why,) = said["gateway"]["why_not"]
    assert "modp1024" in why and "ike.proposal to aes256-sha1;modp2048" in why
    assert f"{tmp_path}/clients/acme.yaml:" in why or why.startswith(f"{tmp_path}/venues/exchange.yaml: ")
    assert "The gateway of this project cannot serve it" in said["words"]


@pytest.mark.parametrize(
    ("venue", "about"),
    [
        ({"ike.proposal": "aes256-sha2_256;dh24"}, "ike.proposal"),
        ({"ike.proposal": "[aes256-sha1;modp2048, aes128-sha1;modp1536]"}, "ike.proposal"),
        ({"esp.proposal": "twofish-sha1"}, "esp.proposal"),
        ({"ike.lifetime": "2d"}, "ike.lifetime"),
        ({"peers.A.id": "key id"}, "peers.A.id"),
        ({"encryption_domain": "gre"}, "encryption_domain"),
        ({"connection": "a b"}, "connection"),
        ({"ike.colour": "red"}, "ike.colour"),
        ({"dpd": "5"}, "dpd"),
    ],
)
def test_a_value_that_cannot_be_read_is_asked_about(
    venue: dict[str, str], about: str, fixtunnel: Fixtunnel, tmp_path: Path
) -> None:
    said = chosen(fixtunnel, tmp_path, "acme", venue=venue, client={})
    assert any(f"{about}: " in why for why in said["gateway"]["why_not"])
    assert said["reasons"]


def test_a_venue_that_has_still_to_assign_an_address(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    venue = {"encryption_domain": "assigned", "ike.version": "2"}
    said = chosen(fixtunnel, tmp_path, "acme", venue=venue, client={})
    assert said["gateway"] == {"serves": True, "why_not": []}
    assert "None" not in said["words"]


def test_a_gateway_serves_the_articles_venue(fixtunnel: Fixtunnel) -> None:
    assert json.loads(fixtunnel("choose", "lse-proquote", "--json").out)["gateway"]["serves"]


def test_what_is_no_client_and_no_venue_says_what_there_is(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("choose", "harbor")
    assert (ran.status, "did you mean 'harbour'?" in ran.err) == (2, True)
