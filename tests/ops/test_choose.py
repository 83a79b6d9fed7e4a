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
    return told(fixtunnel, folder, name)


def told(fixtunnel: Fixtunnel, folder: Path, name: str) -> Any:
    """What is said as JSON, and in words; the exit status has to say the same."""
    folders = ("--clients-dir", str(folder / "clients"), "--venues-dir", str(folder / "venues"))
    ran, words = fixtunnel(*folders, "choose", name, "--json"), fixtunnel(*folders, "choose", name)
    said = json.loads(ran.out)
    assert ran.status == words.status == (2 if said["verdict"] == "unknown" else 0)
    rows = {one["about"]: one for one in said["reasons"]}
    return said | {"words": words.out, "rows": rows}


@pytest.mark.parametrize("name", ["acme", "exchange"])
def test_a_venue_that_only_awss_vpn_can_serve(name: str, fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    said = chosen(fixtunnel, tmp_path, name, venue=MODERN, client=OURS)
    assert said["verdict"] == "ask"
    (why,) = said["gateway"]["why_not"]
    assert "modp1024" in why and "ike.proposal to aes256-sha2_256;modp2048" in why
    assert f"{tmp_path}/clients/acme.yaml:" in why or why.startswith(f"{tmp_path}/venues/exchange.yaml: ")
    assert "The gateway of this project cannot serve it" in said["words"]


@pytest.mark.parametrize(
    ("venue", "about"),
    [
        ({"ike.proposal": "aes256-sha2_256;dh24"}, "ike.proposal"),
        ({"ike.proposal": "[aes256-sha1;modp2048, aes128-sha1;modp1536]"}, "ike.proposal"),
        ({"esp.proposal": "twofish-sha1"}, "esp.proposal"),
        ({"ike.lifetime": "3d"}, "ike.lifetime"),
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


READY = {"ike": "{version: 2, proposal: aes256-sha2_256;modp2048}", "encryption_domain": "private"}


@pytest.mark.parametrize(
    ("venue", "phase", "has"),
    [
        ({"ike.proposal": "aes_gcm256-sha2_384;dh24"}, "phase 1", True),
        ({"ike.proposal": "aes256-sha2_256;dh22", "esp.proposal": "aes256-sha2_256"}, "phase 2", True),
        ({"ike.proposal": "aes256-sha2_256;dh31"}, "phase 1", False),
        ({"ike.proposal": "aes256-sha2_256;dh31", "esp.proposal": "aes256-sha2_256"}, "phase 2", False),
        ({"esp.proposal": "aes256-sha2_256;modp1536"}, "phase 2", True),
        ({"ike.proposal": "aes256-sha2_256;modp1536"}, "phase 1", False),
        ({"esp.proposal": "aes_gcm256;dh30"}, "phase 2", False),
    ],
)
def test_cipher_and_hash_are_one_thing_and_the_group_another(
    venue: dict[str, str], phase: str, has: bool, fixtunnel: Fixtunnel, tmp_path: Path
) -> None:
    said = chosen(fixtunnel, tmp_path, "acme", venue=READY | venue, client=OURS)
    suite, group = (said["rows"][f"{phase} {part}"] for part in ("cipher and hash", "group"))
    assert suite["verdict"] == "yes" and ";" not in suite["why"]
    assert group["verdict"] == ("yes" if has else "no")
    assert said["verdict"] == ("ask" if has else "no")


def test_of_a_venue_of_which_nothing_is_known_nothing_is_said(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    write(tmp_path, clients={"acme": CLIENT}, venues={"exchange": "name: exchange\n"})
    for name in ("acme", "exchange"):
        said = told(fixtunnel, tmp_path, name)
        assert said["verdict"] == "unknown"
        assert said["rows"]["phase 1 group"]["why"] == "cannot be said before this is known: ike.proposal"
        assert said["rows"]["phase 2 group"]["why"].endswith(": ike.proposal, esp.proposal, esp.pfs")
        assert "could serve this client if" not in said["words"]
        unknown = [about for about, row in said["rows"].items() if row["verdict"] == "unknown"]
        assert {"who initiates", "phase 1 cipher and hash", "phase 2 cipher and hash", "source address"} <= set(unknown)


@pytest.mark.parametrize(
    ("venue", "client", "about"),
    [
        (READY | {"esp.proposal": "null-sha1"}, OURS, "phase 2 cipher and hash"),
        (READY | {"ike.lifetime": "soon", "esp.lifetime": "later"}, OURS, "phase 1 lifetime"),
        (READY | {"ike.lifetime": "soon", "esp.lifetime": "later"}, OURS, "phase 2 lifetime"),
        (READY | {"ike.proposal": "[aes256-sha1;modp2048, aes128-sha1;modp2048]"}, OURS, "phase 1 group"),
        (READY, OURS | {"tunnels.1": "{venue: nosuch}"}, "everything"),
        (READY, OURS | {"tunnels.1": "{venue: exchange, peer: DR}"}, "everything"),
    ],
)
def test_what_is_not_known_is_no_reason_to_say_yes(
    venue: dict[str, str], client: dict[str, str], about: str, fixtunnel: Fixtunnel, tmp_path: Path
) -> None:
    said = chosen(fixtunnel, tmp_path, "acme", venue=venue, client=client)
    assert (said["verdict"], said["rows"][about]["verdict"]) == ("unknown", "unknown")
    assert "fixtunnel check" not in said["words"]


def test_each_proposal_is_judged_as_a_whole(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    """AWS has a part of each of these, and none of them."""
    several = "{version: 2, proposal: aes256-sha1;modp1536, alternatives: [3des-md5;modp2048, aes192-sha1;modp2048]}"
    said = chosen(fixtunnel, tmp_path, "acme", venue={**MODERN, "ike": several}, client=OURS)
    assert said["verdict"] == "no"
    about = {said["rows"][row]["verdict"] for row in ("phase 1 cipher and hash", "phase 1 group")}
    assert about == {"yes", "no"}


def test_of_several_proposals_one_that_aws_has_is_enough(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    several = "{version: 2, proposal: aes192-sha1;modp1536, alternatives: [aes256-sha2_256;modp2048]}"
    said = chosen(fixtunnel, tmp_path, "acme", venue={**MODERN, "ike": several}, client=OURS)
    assert "AWS has aes256-sha2_256" in said["rows"]["phase 1 cipher and hash"]["why"]
    assert said["rows"]["phase 1 group"]["verdict"] == "yes"


def test_a_proposal_that_the_gateway_lacks_is_left_out_where_the_venue_takes_another(
    fixtunnel: Fixtunnel, tmp_path: Path
) -> None:
    several = "{version: 1, proposal: 3des-sha1;modp1024, alternatives: [aes256-sha1;modp1536]}"
    said = chosen(fixtunnel, tmp_path, "acme", venue={"ike": several}, client={})
    (why,) = said["gateway"]["why_not"]
    assert "write ike.proposal: aes256-sha1;modp1536" in why and "ask the venue" not in why
