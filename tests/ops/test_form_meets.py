"""An answer that means what our files mean, or less of it: what is no difference, and what is one of another kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.conftest import Fixtunnel
from tests.ops.test_form_answer import ADDRESS, EXISTING, MODERN, read, run

SEVERAL = {
    "ike.alternatives": "[aes128-sha1;modp1536, 3des-sha1;modp2048]",
    "esp": "{proposal: aes256-sha1, alternatives: [aes128-sha1]}",
}
OURS = {"network": EXISTING, "trading_hosts": "[10.64.1.0/24]"}
ASSIGNED = {"encryption_domain": "assigned"}
BLOCK = OURS | {
    "tunnels.0.local_network": "10.90.2.0/28",
    "tunnels.0.source_address": "10.90.2.1",
    "tunnels.0.mapped_hosts": "[{hosts: 10.64.1.20, seen_as: 10.90.2.2}]",
}
FEED = {"services": "[{name: market-data, host: 192.0.2.40, port: 443}, {name: files, host: 192.0.2.41, port: 22}]"}


@pytest.mark.parametrize(
    "answer",
    [
        "ike: {proposal: aes128-sha1;modp1536, alternatives: [aes256-sha1;modp2048]}",
        "ike: {proposal: aes128-sha1;modp1536, alternatives: [aes256-sha1;modp2048, 3des-sha1;modp2048]}",
        "ike: {proposal: aes256-sha2_256;modp4096, alternatives: [3des-sha1;modp2048]}",
        "esp: {proposal: aes128-sha1;modp2048, alternatives: [aes256-sha1;modp2048]}",
    ],
)
def test_lists_of_proposals_that_meet_need_no_change(answer: str, fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    said = read(fixtunnel, tmp_path, answer, venue=SEVERAL)
    assert said["differences"] == []
    (one,) = said["own_to_each"]
    assert one["who"] == "neither side" and "nothing has to change now" in one["why"]


def test_lists_that_do_not_meet_are_a_difference(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    answer = "ike: {proposal: aes256-sha2_256;modp4096, alternatives: [aes128-sha2_256;modp3072]}"
    said = read(fixtunnel, tmp_path, answer, venue=SEVERAL)["differences"]
    assert {one["key"] for one in said} == {"ike.proposal", "ike.alternatives"}


def test_single_addresses_in_our_block_are_no_networks_of_hosts(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    answer = "ours: {encryption_domain: [10.90.2.1, 10.90.2.2]}"
    (said,) = read(fixtunnel, tmp_path, answer, client=BLOCK, venue=ASSIGNED)["differences"]
    assert said["who"] == "we change our file"
    assert "narrower" in said["why"] and "seen_as" in said["why"] and "trading_hosts" not in said["why"]


def test_further_addresses_are_for_single_hosts(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    client = OURS | {"tunnels.0.local_network": "10.90.1.7"}
    answer = "ours: {encryption_domain: [10.90.1.7, 10.90.1.8]}"
    (said,) = read(fixtunnel, tmp_path, answer, client=client, venue=ASSIGNED)["differences"]
    assert said["who"] == "we change our file" and "as seen_as of mapped_hosts" in said["why"]


def test_a_network_needs_an_address_that_the_gateway_owns(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    client = {"tunnels.0.local_network": "10.90.1.7"}
    answer = "ours: {encryption_domain: 10.91.0.0/24}"
    (said,) = read(fixtunnel, tmp_path, answer, client=client, venue=ASSIGNED)["differences"]
    assert said["who"] == "we change our file" and "source_address" in said["why"]


@pytest.mark.parametrize(
    "answer",
    [
        "services: [{name: Market Data Feed, host: 192.0.2.40, port: 443}, {name: SFTP, host: 192.0.2.41, port: 22}]",
        "services: [{host: 192.0.2.41, port: 22}]",
        "fix: [{host: 192.0.2.20, port: 5001}]",
    ],
)
def test_a_port_goes_by_its_place(answer: str, fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    assert read(fixtunnel, tmp_path, answer, venue=FEED)["differences"] == []


@pytest.mark.parametrize(
    ("answer", "venue"),
    [
        ("ike: {lifetime: 28800 s (8 h)}", {}),
        ("ike: {lifetime: '28,800 seconds'}", {}),
        ("ike: {lifetime: 8 hours}", {}),
        ("esp: {pfs: 'yes, group 14 (MODP 2048)'}", {}),
        ("esp: {pfs: group 14}", {}),
        ("esp: {proposal: 'AES-256-CBC, SHA-1', pfs: 'yes, group 14'}", {}),
        ("esp: {pfs: 'yes, group 19 (ECP 256)'}", MODERN),
        (
            "ike: {proposal: 'AES-256-GCM (12-octet ICV), SHA-384 (PRF), 20 (ECP 384)'}",
            {"ike": "{version: 2, proposal: aes_gcm_12_256-sha2_384;dh20}", "esp": "{proposal: aes_gcm256}"},
        ),
        ("ike: {alternatives: 'AES-128-CBC, SHA-1, 5 (MODP 1536); 3DES-CBC, SHA-1, 14 (MODP 2048)'}", SEVERAL),
        ("remote_networks: 192.0.2.0 255.255.255.0", {"remote_networks": "[192.0.2.0/24]"}),
        ("remote_networks: '192.0.2.0/26, 192.0.2.64/26'", {}),
    ],
)
def test_the_words_of_our_own_form_are_read(
    answer: str, venue: dict[str, str], fixtunnel: Fixtunnel, tmp_path: Path
) -> None:
    assert read(fixtunnel, tmp_path, answer, venue=venue)["differences"] == []


def test_another_pfs_group_is_a_difference(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    (said,) = read(fixtunnel, tmp_path, "esp: {pfs: 'yes, group 20'}")["differences"]
    assert (said["key"], said["ours"], said["theirs"]) == ("esp.pfs_group", "modp2048", "dh20")
    assert "behind a ';' in esp.proposal" in said["why"]


def test_another_encryption_domain_says_what_goes_from_the_clients_file(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    client = OURS | {"tunnels.0.local_network": "10.90.1.7"}
    answer = "encryption_domain: elastic-ip"
    said = read(fixtunnel, tmp_path, answer, client=client, venue=ASSIGNED)["differences"]
    why = next(one["why"] for one in said if one["key"] == "encryption_domain")
    assert why.endswith("then change in clients/acme.yaml: tunnels.0.local_network")
    noted = f"{answer}\nours: {{encryption_domain: {ADDRESS}}}"
    said = read(fixtunnel, tmp_path, noted, client=client, venue=ASSIGNED)["differences"]
    assert [one["key"] for one in said] == ["encryption_domain"]


def test_without_pfs_at_one_end_that_alone_differs(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    answer = "esp: {proposal: 'AES-128-CBC, SHA-1', pfs: no}"
    said = read(fixtunnel, tmp_path, answer, venue=SEVERAL)["differences"]
    assert [one["key"] for one in said] == ["esp.pfs"]


def test_a_name_in_another_order_may_be_the_same(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    venue = {"peers.A.id": "C=GB, O=Example, CN=gw"}
    (said,) = read(fixtunnel, tmp_path, "peers: {A: {id: 'CN=gw, O=Example, C=GB'}}", venue=venue)["differences"]
    assert "another order" in said["why"]


def test_the_sheet_asks_for_what_a_venue_may_ask(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    run(fixtunnel, tmp_path, "ike: {version: 1}")
    folders = ("--clients-dir", str(tmp_path / "clients"), "--venues-dir", str(tmp_path / "venues"))
    sheet = fixtunnel(*folders, "form", "acme", "--sheet").out
    assert sheet.count("alternatives: []") == 2
    assert "selector:" in sheet and "session:" in sheet and "timezone:" in sheet


def test_of_several_proposals_the_form_names_no_one_group(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    run(fixtunnel, tmp_path, "ike: {version: 1}", venue=SEVERAL)
    folders = ("--clients-dir", str(tmp_path / "clients"), "--venues-dir", str(tmp_path / "venues"))
    form = fixtunnel(*folders, "form", "acme", "--offline").out
    assert "yes, phase 1's group: 14 (MODP 2048), or 5 (MODP 1536)" in form


def test_a_port_may_move_with_the_selector(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    venue = {"esp.selector": "tcp/5001", "fix": "[{name: primary, host: 192.0.2.20, port: 5001, target_comp_id: XCH}]"}
    said = read(fixtunnel, tmp_path, "esp: {selector: tcp/5002}", venue=venue)["differences"]
    assert "moves with it" in next(one["why"] for one in said if one["key"] == "fix.primary.port")
    both = "esp: {selector: tcp/5002}\nfix: [{name: primary, port: 5002}]"
    said = read(fixtunnel, tmp_path, both, venue=venue)["differences"]
    assert {one["key"]: one["who"] for one in said} == {
        "esp.selector": "we change our file",
        "fix.primary.port": "we change our file",
    }


PORTS = {
    "services": "[{name: aa, host: 192.0.2.40, port: 7001-7004}, {name: bb, host: 192.0.2.40, port: udp/5000}, "
    "{name: cc, host: 192.0.2.41, port: 443, probe: false}]"
}


def test_a_venue_that_permits_our_probe_asks_for_nothing(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    answer = "services: [{name: aa, probe: yes}, {name: bb, port: UDP 5000, probe: yes}, {name: cc, probe: yes}]"
    assert read(fixtunnel, tmp_path, answer, venue=PORTS)["differences"] == []


def test_the_sheet_asks_of_a_probe_where_there_is_one(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    run(fixtunnel, tmp_path, "ike: {version: 1}", venue=PORTS)
    folders = ("--clients-dir", str(tmp_path / "clients"), "--venues-dir", str(tmp_path / "venues"))
    sheet = fixtunnel(*folders, "form", "acme", "--sheet").out
    assert sheet.count("probe:") == sheet.partition("services:")[0].count("  - name:")
    assert "port:                      # such as 443, 7001-7004 or udp/5000" in sheet


@pytest.mark.parametrize("fix", ["[]", "[{name: primary, host: 192.0.2.20, port: 5001, target_comp_id: XCH}]"])
@pytest.mark.parametrize("selector", ["udp/5000", "tcp/9001"])
def test_a_new_selector_names_each_port_that_it_does_not_carry(
    fixtunnel: Fixtunnel, tmp_path: Path, selector: str, fix: str
) -> None:
    """Also one that cannot move with it: of another protocol."""
    more = "fix: [{name: FX, host: 192.0.2.30, port: 9001, version: FIX.4.4, target_comp_id: XCH}]"
    venue = {**PORTS, "fix": fix}
    said = read(fixtunnel, tmp_path, f"esp: {{selector: {selector}}}\n{more}", venue=venue)["differences"]
    asked = {one["key"]: one["why"] for one in said if one["who"] == "ask the venue for another value"}
    others = {"services.aa.port", "services.cc.port"}
    others |= {"services.bb.port"} if selector.startswith("tcp") else {"fix.FX.port"}
    assert others <= asked.keys(), said
    assert not any("moves with it" in why for key, why in asked.items() if key == "services.bb.port")


def test_words_that_say_no_more_than_we_have(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    venue = {"esp": "{proposal: aes256-sha1, pfs: false, lifetime: 3600}", "peers.A.id": "'@[acme_1]'"}
    answer = "esp: {pfs: no PFS, lifetime: 3600 s / 4608000 kilobytes}\npeers: {A: {id: KEY ID acme_1}}"
    told = read(fixtunnel, tmp_path, answer, venue=venue)
    assert (told["differences"], told["own_to_each"]) == ([], [])
