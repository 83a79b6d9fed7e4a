"""A venue's answer: compared by value however it is spelled, and judged as any file that somebody else wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ops.conftest import Fixtunnel
from tests.unit.model.example import CLIENT, VENUE, edited, write

ADDRESS = "203.0.113.141"
ELASTIC_IP = {"gateway.elastic_ip": f"{{address: {ADDRESS}, allocation_id: eipalloc-0a1b2c3d}}"}
IDS = {"tunnels.0.sender_comp_ids": "['1', ME, '007']"}
RICH = {
    "peers.B": "{address: 198.51.100.11, id: '@vpn-b.exchange.example'}",
    "remote_networks": "[192.0.2.0/26, 192.0.2.64/26]",
    "fix.1": "{name: dropcopy, host: 192.0.2.30, port: 9001, target_comp_id: '0042', role: secondary}",
    "session": "{days: [mon, tue, wed], start: '07:00', end: '17:30', timezone: Europe/London}",
    "maintenance": "[{days: [sat, sun], start: '06:00', end: '07:00'}, {days: [wed], start: '20:00', end: '21:00'}]",
    "contacts": "[{role: VPN, email: vpn@exchange.example}]",
}
WEEKLY = {
    "session": "{from: sun 17:00, to: fri 16:00, timezone: America/New_York}",
    "breaks": "[{days: [mon, tue], start: '16:00', end: '17:00'}]",
}
LATE = {"more_sessions": "[{start: '20:00', end: '22:00', timezone: Europe/London}]"}
DATES = {
    "calendar": "{until: 2027-12-31, closed: [2026-12-25, 2027-01-01], "
    "special: [{date: 2026-12-24, start: '07:00', end: '12:30'}]}",
}
WEEKEND = {"maintenance": "[{days: [sat], start: '06:00', end: '07:00', timezone: UTC}]"}
MODERN = {"ike": "{version: 2, proposal: aes_gcm256-sha2_256;dh19}", "esp": "{proposal: aes_gcm256, lifetime: 1h}"}


def read(
    fixtunnel: Fixtunnel,
    folder: Path,
    answer: str,
    *,
    client: dict[str, str] | None = None,
    venue: dict[str, str] | None = None,
) -> Any:
    """What is told of an answer, as JSON; the exit status has to say the same."""
    ran = run(fixtunnel, folder, answer, "--json", client=client, venue=venue)
    told = json.loads(ran.out)
    assert ran.status == (1 if told["differences"] else 0)
    return told


def run(fixtunnel: Fixtunnel, folder: Path, answer: str, *options: str, client: Any = None, venue: Any = None) -> Any:
    clients = {"acme": edited(CLIENT, ELASTIC_IP | IDS | (client or {}))}
    write(folder, clients=clients, venues={"exchange": edited(VENUE, RICH | (venue or {}))})
    path = folder / "answer.yaml"
    path.write_text(answer)
    folders = ("--clients-dir", str(folder / "clients"), "--venues-dir", str(folder / "venues"))
    return fixtunnel(*folders, "form", "acme", "--offline", "--read", str(path), *options)


@pytest.mark.parametrize(
    ("answer", "venue"),
    [
        ("remote_networks: [192.0.2.64/26, 192.0.2.0/26]", {}),
        ("remote_networks: [192.0.2.30, 192.0.2.20/32]", {"remote_networks": "[192.0.2.20, 192.0.2.30]"}),
        (f"ours: {{public_address: {ADDRESS}/32}}", {}),
        (f"ours: {{encryption_domain: {ADDRESS}}}", {}),
        (f"ours: {{identity: {ADDRESS}}}", {}),
        (f"ours: {{identity: {ADDRESS} (IPv4 address)}}", {}),
        ("peers: {B: {id: vpn-b.exchange.example (FQDN)}}", {}),
        ("peers: {A: {id: 'keyid: Desk_7'}}", {"peers.A.id": "'@[Desk_7]'"}),
        ("peers: {A: {id: 'Key ID: 0x4465736b5f37'}}", {"peers.A.id": "'@[Desk_7]'"}),
        ("peers: {A: {id: /C=gb/O=example/CN=gw_1}}", {"peers.A.id": "C=GB, O=Example, CN=gw_1"}),
        ("peers: {A: {id: 10.20.30.40}}", {"peers.A.id": "10.20.30.40"}),
        ("ours: {sender_comp_ids: [ME, 007, 1]}", {}),
        ("peers: {A: {address: 198.51.100.10, id: 198.51.100.10}}", {}),
        ("peers: {A: {id: 198.51.100.10}}", {}),
        ("peers: {A: {address: 198.51.100.10/32, id: }}", {"peers.A.id": "198.51.100.10"}),
        ("peers: {B: {id: VPN-B.exchange.example}}", {}),
        ("ike: {version: IKEv1, mode: Main, lifetime: 28800}", {}),
        ("ike: {version: '1', lifetime: 480m}", {}),
        ("ike: {lifetime: 8 h}", {}),
        ("ike: {proposal: AES256-SHA-DH14}", {}),
        ("ike: {proposal: aes256-sha1-modp2048}", {}),
        ("ike: {proposal: aes256gcm16-prfsha256-ecp256}", MODERN),
        ("esp: {proposal: aes256-sha1;modp2048, pfs: yes}", {}),
        ("esp: {proposal: aes256-sha1, pfs: TRUE}", {"esp.proposal": "aes256-sha1;modp2048"}),
        ("encryption_domain: Elastic_IP", {}),
        ("environment: TEST", {}),
        ("fix: [{name: dropcopy, port: '9001', target_comp_id: 0042}, {name: primary, host: 192.0.2.20}]", {}),
        ("fix: [{name: primary, version: 4.4, role: PRIMARY}]", {}),
        ("fix: [{name: primary, version: FIX4.4}]", {}),
        ("session: {days: [WED, Mon, tue], start: 7:00}", {}),
        ("session: {timezone: Europe/London}", {}),
        (
            "maintenance:\n- {days: [Wed], start: '20:00', end: '21:00'}\n"
            "- {days: [SUN, sat], start: '06:00', end: '07:00', timezone: UTC}",
            {},
        ),
        ("contacts: [{role: VPN, email: vpn@exchange.example}]", {}),
        ("contacts: [{role: Network desk, email: VPN@Exchange.example}]", {}),
        (
            "contacts: [{role: VPN, phone: +442079460000}]",
            {"contacts": "[{role: VPN, phone: +44 20 7946 0000}]"},
        ),
        ("session: {timezone: GB}", {}),
        ("session: {from: SUN 17:00, to: fri 16:00}", WEEKLY),
        ("session: {from: Mon 9:00}", WEEKLY | {"session": "{from: mon 09:00, to: fri 16:00}"}),
        ("breaks: [{days: [TUE, mon], start: '16:00', end: '17:00'}]", WEEKLY),
        ("more_sessions: [{start: '20:00', end: '22:00', timezone: GB}]", LATE),
        ("calendar: {closed: [2027-01-01, 2026-12-25]}", DATES),
        ("calendar: {special: [{date: 2026-12-24, start: '07:00', end: '12:30'}]}", DATES),
        ("maintenance: [{days: [sat], start: '06:00', end: '07:00', timezone: Etc/UTC}]", WEEKEND),
        ("ike: {mode: aggressive}", MODERN),
        ("ike: {version: 2, mode: aggressive}", MODERN),
        ("fix: [{name: primary, version: FIX 5.0 SP2}]", {"fix.0.version": "FIXT.1.1"}),
    ],
)
def test_another_spelling_is_no_difference(
    answer: str, venue: dict[str, str], fixtunnel: Fixtunnel, tmp_path: Path
) -> None:
    told = read(fixtunnel, tmp_path, answer, venue=venue)
    assert (told["differences"], told["own_to_each"]) == ([], [])


@pytest.mark.parametrize(
    "answer",
    [
        "connection: VEN",
        "description: The exchange, Ltd",
        "fix: [{name: Orders}]",
        "fix: [{name: Orders, host: 192.0.2.20, port: 5001, target_comp_id: XCH}]",
        "fix: [{name: Orders (A), host: 192.0.2.20}, {name: PRIMARY DC, port: 9001}]",
        "fix: [{name: PRIMARY, port: 5001}]",
        "fix: [{name: dropcopy, host: 192.0.2.20, port: 5001}, {name: primary, host: 192.0.2.30, port: 9001}]",
    ],
)
def test_a_label_is_no_difference(answer: str, fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    told = read(fixtunnel, tmp_path, f"environment: test\n{answer}")
    assert (told["differences"], told["own_to_each"]) == ([], [])


def test_two_sessions_at_one_port_go_by_their_names(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    venue = {"fix.1": "{name: dropcopy, host: 192.0.2.20, port: 5001, target_comp_id: DC}"}
    answer = "fix: [{name: dropcopy, host: 192.0.2.20, port: 5001, target_comp_id: DC2}]"
    (told,) = read(fixtunnel, tmp_path, answer, venue=venue)["differences"]
    assert (told["key"], told["ours"], told["theirs"]) == ("fix.dropcopy.target_comp_id", "DC", "DC2")


@pytest.mark.parametrize(
    "answer",
    ["name: exchange", "name: exchange\nike:\n  version:\n", "fix: [{name: primary, port: }]", "ours: {identity: ''}"],
)
def test_an_answer_that_says_nothing_is_refused(answer: str, fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    ran = run(fixtunnel, tmp_path, answer)
    assert ran.status == 2
    assert "answer.yaml:1:1: error: answers nothing; write what the venue's form says" in ran.err


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("ike: {version: 1}", "no differences, 1 value agrees"),
        ("ike: {version: 1, lifetime: 1h}", "1 difference, 1 value agrees"),
        ("ike: {version: 1, lifetime: 8h}\nesp: {pfs: no, lifetime: 1h}", "2 differences, 2 values agree"),
    ],
)
def test_one_is_no_plural(answer: str, said: str, fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    assert said in run(fixtunnel, tmp_path, answer).out.splitlines()


@pytest.mark.parametrize(
    ("answer", "differences"),
    [
        ("remote_networks: [192.0.2.0/25]", {"remote_networks": ("192.0.2.0/26, 192.0.2.64/26", "192.0.2.0/25")}),
        ("peers: {A: {id: vpn-a.exchange.example}}", {"peers.A.id": ("its address", "@vpn-a.exchange.example")}),
        ("peers: {A: {address: 198.51.100.12}}", {"peers.A.address": ("198.51.100.10", "198.51.100.12")}),
        ("peers: {B: {id: 198.51.100.11}}", {"peers.B.id": ("@vpn-b.exchange.example", "its address")}),
        ("peers: {A: {id: desk (key id)}}", {"peers.A.id": ("its address", "@[desk]")}),
        ("ours: {identity: 10.0.0.5}", {"ours.identity": (ADDRESS, "10.0.0.5")}),
        ("ours: {identity: acme.example.com}", {"ours.identity": (ADDRESS, "@acme.example.com")}),
        ("esp: {pfs: no}", {"esp.pfs": ("true", "false")}),
        ("ike: {proposal: aes256-sha1;modp4096}", {"ike.proposal": ("aes256-sha1;modp2048", "aes256-sha1;modp4096")}),
        ("ike: {lifetime: 1h}", {"ike.lifetime": ("28800", "3600")}),
        ("fix: [{name: dropcopy, target_comp_id: 42}]", {"fix.dropcopy.target_comp_id": ("0042", "42")}),
        ("fix: [{name: drop-2, port: 9002}]", {"fix.drop-2.port": ("", "9002")}),
        ("fix: [{name: Drop 2, host: 192.0.2.40}]", {"fix.Drop 2.host": ("", "192.0.2.40")}),
        ("session: {timezone: Europe/Paris}", {"session.timezone": ("Europe/London", "Europe/Paris")}),
        ("ike: {mode: aggressive}", {"ike.mode": ("main", "aggressive")}),
        ("session: {days: [mon, tue]}", {"session.days": ("mon, tue, wed", "mon, tue")}),
        (
            "session: {from: sun 17:00, to: fri 16:00}",
            {"session": ("mon, tue, wed 07:00 17:30 Europe/London", "sun 17:00 fri 16:00")},
        ),
        ("calendar: {closed: [2026-12-25]}", {"calendar.closed": ("", "2026-12-25")}),
        ("ours: {sender_comp_ids: [1, ME, 7]}", {"ours.sender_comp_ids": ("1, ME, 007", "1, ME, 7")}),
        ("ours: {public_address: 203.0.113.9}", {"ours.public_address": (ADDRESS, "203.0.113.9")}),
    ],
)
def test_another_value_is_a_difference(
    answer: str, differences: dict[str, tuple[str, str]], fixtunnel: Fixtunnel, tmp_path: Path
) -> None:
    told = read(fixtunnel, tmp_path, answer)["differences"]
    assert {one["key"]: (one["ours"], one["theirs"]) for one in told} == differences


def test_an_identity_of_ours_as_the_venue_has_noted_it(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    ours = {"tunnels.0.local_id": "'@[Desk_7]'"}
    assert read(fixtunnel, tmp_path, "ours: {identity: Desk_7 (key id)}", client=ours)["differences"] == []
    (name,) = read(fixtunnel, tmp_path, "ours: {identity: desk_7 (key id)}", client=ours)["differences"]
    assert (name["ours"], name["theirs"], name["who"]) == ("@[Desk_7]", "@[desk_7]", "we change our file")
    assert "local_id" in name["why"]
    (address,) = read(fixtunnel, tmp_path, "ours: {identity: 10.0.0.5}", client=ours)["differences"]
    assert address["who"] == "the venue corrects its form"


def test_several_networks_of_ours(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    network = "{vpc_id: vpc-1234abcd, subnet_id: subnet-1234abcd, availability_zone: eu-west-2a, route_table_ids: [rtb-1234abcd]}"
    ours = {"network": network, "trading_hosts": "[10.64.1.0/24]", "tunnels.0.host_networks": "[10.64.1.11]"}
    same = f"ours: {{encryption_domain: [10.64.1.11/32, {ADDRESS}]}}"
    assert read(fixtunnel, tmp_path, same, client=ours)["differences"] == []
    (told,) = read(fixtunnel, tmp_path, f"ours: {{encryption_domain: {ADDRESS}}}", client=ours)["differences"]
    assert (told["ours"], told["theirs"]) == (f"{ADDRESS}/32, 10.64.1.11/32", f"{ADDRESS}/32")
    venue, assigned = {"encryption_domain": "assigned"}, {"tunnels.0.local_network": "10.90.1.7"}
    wrong = "ours: {encryption_domain: [10.90.1.7, 192.0.2.30]}"
    (told,) = read(fixtunnel, tmp_path, wrong, client=ours | assigned, venue=venue)["differences"]
    assert told["who"] == "ask the venue for another value"


def test_addresses_that_the_venue_assigned_for_single_hosts(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    network = "{vpc_id: vpc-1234abcd, subnet_id: subnet-1234abcd, availability_zone: eu-west-2a, route_table_ids: [rtb-1234abcd]}"
    ours = {"network": network, "trading_hosts": "[10.64.1.0/24]", "tunnels.0.local_network": "10.90.1.7"}
    ours |= {"tunnels.0.mapped_hosts": "[{hosts: 10.64.1.20, seen_as: 10.90.1.8}]"}
    venue = {"encryption_domain": "assigned"}
    same = "ours: {encryption_domain: [10.90.1.8, 10.90.1.7]}"
    assert read(fixtunnel, tmp_path, same, client=ours, venue=venue)["differences"] == []
    (told,) = read(fixtunnel, tmp_path, "ours: {encryption_domain: 10.90.1.7}", client=ours, venue=venue)["differences"]
    assert (told["ours"], told["theirs"]) == ("10.90.1.7/32, 10.90.1.8/32", "10.90.1.7/32")


def test_the_venue_takes_one_of_several_proposals(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    several = {"ike.alternatives": "[aes128-sha1;modp1536, 3des-sha1;modp2048]"}
    one = "ike: {proposal: AES128-SHA-MODP1536}"
    assert read(fixtunnel, tmp_path, one, venue=several)["differences"] == []
    listed = "ike: {alternatives: [AES128-SHA-MODP1536]}"
    assert read(fixtunnel, tmp_path, listed, venue=several)["differences"] == []


def test_the_port_of_the_selectors_as_forms_write_it(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    ours = {"esp.selector": "tcp/5001"}
    same = "esp: {selector: 'TCP: 5001'}"
    venue = {**ours, "fix": "[{name: primary, host: 192.0.2.20, port: 5001, target_comp_id: XCH}]"}
    assert read(fixtunnel, tmp_path, same, venue=venue)["differences"] == []
    (told,) = read(fixtunnel, tmp_path, "esp: {selector: tcp/5002}", venue=venue)["differences"][:1]
    assert (told["key"], told["ours"], told["theirs"]) == ("esp.selector", "tcp/5001", "tcp/5002")


DATA = {"services": "[{name: data, host: 192.0.2.40, port: 443}]"}


def test_a_venue_that_is_not_fix(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    venue = {**DATA, "fix": "[]"}
    same = "services: [{name: data, host: 192.0.2.40, port: '443'}]"
    assert read(fixtunnel, tmp_path, same, venue=venue)["differences"] == []
    other = "services: [{name: data, host: 10.9.9.9, port: 443}]"
    (told,) = read(fixtunnel, tmp_path, other, venue=venue)["differences"]
    assert (told["key"], told["theirs"], told["who"]) == (
        "services.data.host",
        "10.9.9.9",
        "ask the venue for another value",
    )


def test_ports_and_probes_in_the_venues_words(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    ports = "{name: files, host: 192.0.2.40, port: 20-21}, {name: ticks, host: 192.0.2.40, port: udp/5000}"
    venue = {"services": f"[{ports}, {{name: pay, host: 192.0.2.41, port: 443}}]"}
    same = (
        "services: [{host: 192.0.2.40, port: 20 to 21, probe: no}, {host: 192.0.2.40, port: UDP 5000}, {host: 192.0.2.41, "
        "port: 443/tcp, probe: yes}]\nfix: [{host: 192.0.2.20, port: 5001, probe: 'yes'}]"
    )
    assert read(fixtunnel, tmp_path, same, venue=venue)["differences"] == []
    other = "services: [{name: pay, probe: no}, {name: ticks, port: 5000}]\nfix: [{name: primary, probe: no}]"
    told = read(fixtunnel, tmp_path, other, venue=venue)["differences"]
    assert [(one["key"], one["ours"], one["theirs"]) for one in told] == [
        ("fix.primary.probe", "true", "false"),
        ("services.pay.probe", "true", "false"),
        ("services.ticks.port", "udp/5000", "5000"),
    ]


def test_timers_of_each_end_need_no_change(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    answer = "dpd: {delay: 30s, timeout: 120s}\nesp: {lifetime: 30m}\nike: {version: 2}"
    told = read(fixtunnel, tmp_path, answer, venue=MODERN)
    assert told["differences"] == []
    assert {one["key"] for one in told["own_to_each"]} == {"dpd.delay", "dpd.timeout", "esp.lifetime"}
    assert {one["who"] for one in told["own_to_each"]} == {"neither side"}


@pytest.mark.parametrize(
    ("answer", "key", "why"),
    [
        ("esp: {proposal: 3des-md5}", "esp.proposal", "is weak (3des, md5)"),
        ("remote_networks: [192.0.2.0/27]", "fix.dropcopy.host", None),
        ("remote_networks: [192.0.2.64/26]", "fix.primary.host", "lies in none of the remote_networks"),
        ("fix: [{name: primary, host: 10.9.9.9}]", "fix.primary.host", "lies in none of the remote_networks"),
    ],
)
def test_what_our_checks_would_refuse_is_not_to_be_written_into_our_file(
    answer: str, key: str, why: str | None, fixtunnel: Fixtunnel, tmp_path: Path
) -> None:
    found = {one["key"]: one for one in read(fixtunnel, tmp_path, answer)["differences"]}
    if why is None:
        assert key not in found
    else:
        assert found[key]["who"] == "ask the venue for another value" and why in found[key]["why"]


def test_an_assigned_address_goes_through_the_clients_checks(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    venue, client = {"encryption_domain": "assigned"}, {"tunnels.0.local_network": "10.90.1.7"}
    right = "ours: {encryption_domain: 10.90.1.8}"
    (told,) = read(fixtunnel, tmp_path, right, client=client, venue=venue)["differences"]
    assert (told["who"], told["ours"], told["theirs"]) == ("we change our file", "10.90.1.7/32", "10.90.1.8/32")
    wrong = "ours: {encryption_domain: 192.0.2.30}"
    (told,) = read(fixtunnel, tmp_path, wrong, client=client, venue=venue)["differences"]
    assert told["who"] == "ask the venue for another value"
    assert "overlaps 192.0.2.0/26 of exchange" in told["why"]


@pytest.mark.parametrize(
    ("answer", "key", "why"),
    [
        ("remote_networks: [10.64.1.0/24, 192.0.2.0/24]", "remote_networks", "trading_hosts.0 overlaps 10.64.1.0/24"),
        (
            "remote_networks: [10.90.1.0/24, 192.0.2.0/24]",
            "remote_networks",
            "tunnels.0.local_network overlaps 10.90.1",
        ),
        (
            f"peers: {{A: {{address: {ADDRESS}}}}}",
            "peers.A.address",
            "elastic_ip.address is the address of a venue's peer",
        ),
    ],
)
def test_a_venues_own_addresses_go_through_the_clients_checks(
    answer: str, key: str, why: str, fixtunnel: Fixtunnel, tmp_path: Path
) -> None:
    """The gateway would take its own hosts, or itself, into the tunnel."""
    found = {one["key"]: one for one in read(fixtunnel, tmp_path, answer, client=IN_OURS, venue=PRIVATE)["differences"]}
    assert found[key]["who"] == "ask the venue for another value"
    assert why in found[key]["why"]


EXISTING = (
    "{vpc_id: vpc-12345678, subnet_id: subnet-12345678, availability_zone: eu-west-2a, route_table_ids: [rtb-12345678]}"
)
IN_OURS = {"network": EXISTING, "trading_hosts": "[10.64.1.0/24]", "tunnels.0.local_network": "10.90.1.7"}
PRIVATE = {"encryption_domain": "private"}


def test_an_answered_network_in_a_new_vpc_is_refused(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    (told,) = read(fixtunnel, tmp_path, "remote_networks: [10.64.0.0/16, 192.0.2.0/24]")["differences"]
    assert told["who"] == "ask the venue for another value"
    assert told["why"].startswith(
        "as answered it does not go with clients/acme.yaml: network.cidr overlaps 10.64.0.0/16"
    )


def test_an_assigned_address_is_judged_beside_the_rest_of_the_answer(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    answer = "encryption_domain: assigned\nours: {encryption_domain: 10.90.2.1}\nremote_networks: [192.0.2.0/24"
    right = {one["key"]: one["who"] for one in read(fixtunnel, tmp_path, f"{answer}]")["differences"]}
    assert set(right.values()) == {"we change our file"}
    wrong = {one["key"]: one["who"] for one in read(fixtunnel, tmp_path, f"{answer}, 10.90.2.0/24]")["differences"]}
    assert wrong["ours.encryption_domain"] == "ask the venue for another value"


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("ike: {alternatives: ['3des-md5;modp1024']}", "ike.alternatives"),
        ("esp: {alternatives: [3des-md5]}", "esp.alternatives"),
    ],
)
def test_of_a_weak_alternative_one_row_says_what_to_do(
    fixtunnel: Fixtunnel, tmp_path: Path, said: str, key: str
) -> None:
    """A row further up told to write it into the file."""
    rows = [one for one in read(fixtunnel, tmp_path, said)["differences"] if one["key"].startswith(key)]
    assert [(one["key"], one["who"]) for one in rows] == [(key, "ask the venue for another value")]


@pytest.mark.parametrize("key", ["fix", "services", "contacts", "maintenance", "remote_networks"])
def test_an_answer_has_no_endless_lists(fixtunnel: Fixtunnel, tmp_path: Path, key: str) -> None:
    entry = "192.0.2.0/24" if key == "remote_networks" else "{role: a}" if key == "contacts" else "{name: a}"
    entry = "{start: '06:00', end: '07:00'}" if key == "maintenance" else entry
    ran = run(fixtunnel, tmp_path, f"{key}: [{', '.join([entry] * 300)}]")
    assert ran.status == 2 and len(ran.err.splitlines()) <= 110, ran.err
    assert "has too many entries" in ran.err
