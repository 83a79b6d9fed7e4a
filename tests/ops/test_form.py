"""The venue's form, there and back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from model.load import load
from ops.form.content import Form, forms
from ops.form.document import markdown, page
from ops.form.pdf import Paper
from tests.ops.conftest import Fixtunnel
from tests.paths import CLIENTS, VENUES
from tests.unit.model.example import CLIENT, VENUE, edited, write

TODAY = date(2026, 11, 23)


def form_of(client: str, *, address: str | None = "203.0.113.7") -> Form:
    (deployment,) = load(clients=CLIENTS, venues=VENUES, selected=[client]).deployments
    return forms(deployment, address=address, today=TODAY)[0]


def said(form: Form, label: str) -> str | None:
    return next(row.value for section in form.sections for row in section.rows if row.label == label)


def test_everything_that_is_known_is_filled_in() -> None:
    form = form_of("lse-proquote")
    assert said(form, "Client's encryption domain") == "203.0.113.7/32"
    assert said(form, "Diffie-Hellman group") == "14 (MODP 2048)"
    assert said(form, "primary: address and port") == "192.0.2.20:5001"
    assert said(form, "SenderCompID") == "ACME"
    assert said(form, "Who initiates") == "the client"


def test_a_venue_that_is_not_fix_is_asked_for_its_ports_and_no_comp_ids(tmp_path: Path) -> None:
    venue = edited(VENUE, {"fix": "[]", "services": "[{name: market-data, host: 192.0.2.40, port: 443}]"})
    write(tmp_path, clients={"acme": CLIENT}, venues={"exchange": venue})
    (deployment,) = load(clients=tmp_path / "clients", venues=tmp_path / "venues").deployments
    (form,) = forms(deployment, address=None, today=TODAY)
    assert form.title.startswith("VPN connection: ")
    assert said(form, "market-data (primary): address and TCP port") == "192.0.2.40:443"
    assert "SenderCompID" not in [row.label for section in form.sections for row in section.rows]


def test_what_nobody_said_is_a_blank_and_not_a_guess() -> None:
    form = form_of("lse-proquote", address=None)
    blank = [row.label for row in form.blanks]
    assert "Client's gateway: public address" in blank
    assert "How the PSK is exchanged" in blank
    assert "Venue: VPN operations" in blank
    assert "client to fill in" in markdown(form)


def test_an_assigned_address_does_not_wait_for_ours() -> None:
    form = form_of("acme-capital", address=None)
    assert said(form, "Client's encryption domain") == "10.90.1.7/32"
    assert said(form, "Source address of our hosts in 10.64.1.0/24") == "10.90.1.7 (translated by the gateway)"


@pytest.mark.parametrize(
    ("mode", "network", "whose"),
    [
        ("private", "10.91.0.1/32", "our own private address"),
        ("private", "203.0.113.77/32", "our own public address"),
        ("assigned", "203.0.113.77/32", "assigned by the venue"),
    ],
)
def test_whose_address_it_is(desk: Path, mode: str, network: str, whose: str) -> None:
    venue = desk / "venues" / "harbour.yaml"
    venue.write_text(venue.read_text().replace("encryption_domain: private", f"encryption_domain: {mode}"))
    client = f"name: acme\ntunnels: [{{venue: harbour, local_network: {network}}}]\n"
    (desk / "clients" / "acme.yaml").write_text(client)
    (deployment,) = load(clients=desk / "clients", venues=desk / "venues").deployments
    assert said(forms(deployment, address=None, today=TODAY)[0], "What that address is") == whose


def test_the_hosts_own_addresses_are_ours_whoever_assigned_their_network(desk: Path) -> None:
    venue = desk / "venues" / "harbour.yaml"
    venue.write_text(venue.read_text().replace("encryption_domain: private", "encryption_domain: assigned"))
    client = (
        "name: acme\ntunnels: [{venue: harbour, local_network: 10.91.0.0/24, source_address: 10.91.0.250}]\n"
        "network: {vpc_id: vpc-0a1b2c3d, subnet_id: subnet-0a1b2c3d, availability_zone: eu-west-2a, "
        "route_table_ids: [rtb-0a1b2c3d]}\ntrading_hosts: [10.91.0.0/25, 10.64.1.0/24]\n"
    )
    (desk / "clients" / "acme.yaml").write_text(client)
    (deployment,) = load(clients=desk / "clients", venues=desk / "venues").deployments
    (form,) = forms(deployment, address=None, today=TODAY)
    sides = {row.label: row.side for section in form.sections for row in section.rows if "Source" in row.label}
    assert sides == {
        "Source address of our hosts in 10.91.0.0/25": "us",
        "Source address of our hosts in 10.64.1.0/24": "venue",
        "Source address of our gateway's probes": "venue",
    }


def test_the_page_is_one_file_with_its_picture() -> None:
    html = page(form_of("acme-capital"))
    assert "<svg" in html and "198.51.100.21" in html
    assert "http://" not in html.replace("http://www.w3.org/2000/svg", "")


def test_text_from_files_cannot_leave_its_place(fixtunnel: Fixtunnel, desk: Path) -> None:
    venue = desk / "venues" / "lse-proquote.yaml"
    evil = "<script>alert(1)</script> | *x*"
    venue.write_text(venue.read_text().replace("London Stock Exchange through Proquote", evil, 2))
    (desk / "clients" / "acme.yaml").write_text("name: acme\ntunnels:\n  - venue: lse-proquote\n")
    (deployment,) = load(clients=desk / "clients", venues=desk / "venues").deployments
    (form,) = forms(deployment, address=None, today=TODAY)
    assert "<script>" not in page(form)
    assert r"\<script>alert(1)\</script> \| \*x\*" in markdown(form)


def test_who_each_end_says_it_is(tmp_path: Path) -> None:
    """In words that other equipment has too, not in the engine's notation."""
    venue = {"peers.A.id": "'@[Desk_7]'", "peers.B.id": "C=GB, O=Exchange, CN=gw_b"}
    both = "[{venue: exchange, local_id: ops@acme.example}, {venue: exchange, peer: B, role: standby}]"
    write(tmp_path, clients={"acme": edited(CLIENT, {"tunnels": both})}, venues={"exchange": edited(VENUE, venue)})
    (deployment,) = load(clients=tmp_path / "clients", venues=tmp_path / "venues").deployments
    (form,) = forms(deployment, address="203.0.113.7", today=TODAY)
    rows = {row.label: row.value for section in form.sections for row in section.rows if "IKE identity" in row.label}
    assert rows == {
        "Client's gateway: IKE identity to gateway A": "ops@acme.example (user FQDN)",
        "Client's gateway: IKE identity to gateway B": "203.0.113.7 (IPv4 address)",
        "Venue's gateway A: IKE identity": "Desk_7 (key id)",
        "Venue's gateway B: IKE identity": "C=GB, O=Exchange, CN=gw_b (distinguished name)",
    }


def test_a_pdf_with_what_its_font_lacks_named() -> None:
    paper = Paper(form_of("acme-capital"))
    assert paper.render().startswith(b"%PDF-")
    assert not paper.lost


def test_written_in_three_formats(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    ran = fixtunnel("form", "acme-capital", "--offline", "--to", str(tmp_path))
    assert ran.status == 0
    assert len(list(tmp_path.iterdir())) == 6


def test_an_empty_sheet_is_no_answer(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    sheet = tmp_path / "answer.yaml"
    sheet.write_text(fixtunnel("form", "lse-proquote", "--sheet").out)
    ran = fixtunnel("form", "lse-proquote", "--offline", "--read", str(sheet))
    assert (ran.status, "answers nothing" in ran.err) == (2, True)


ANSWER = """
name: lse-proquote
ours: {public_address: 203.0.113.9, encryption_domain: 203.0.113.9/32, sender_comp_ids: [ACME2]}
peers: {A: {address: 198.51.100.11}}
ike: {version: 1, proposal: aes192-sha1;modp2048, lifetime: 28800}
esp: {proposal: 3des-md5, lifetime: 12h}
fix:
  - {name: primary, port: 5002}
"""


@pytest.fixture
def answered(fixtunnel: Fixtunnel, tmp_path: Path) -> dict[str, dict[str, str]]:
    path, client = tmp_path / "answer.yaml", tmp_path / "clients" / "acme.yaml"
    path.write_text(ANSWER)
    client.parent.mkdir()
    client.write_text(
        "name: acme\ngateway: {elastic_ip: {address: 203.0.113.7, allocation_id: eipalloc-0a1b2c3d}}\n"
        "tunnels: [{venue: lse-proquote, sender_comp_ids: [ACME]}]\n"
    )
    folder = str(client.parent)
    ran = fixtunnel("--clients-dir", folder, "form", "acme", "--read", str(path), "--json", "--offline")
    assert ran.status == 1
    return {one["key"]: one for one in json.loads(ran.out)["differences"]}


def test_each_difference_says_who_must_change(answered: dict[str, dict[str, str]]) -> None:
    assert {key: one["who"] for key, one in answered.items()} == {
        "peers.A.address": "we change our file",
        "esp.proposal": "ask the venue for another value",
        "fix.primary.port": "we change our file",
        "ours.public_address": "the venue corrects its form",
        "ours.encryption_domain": "the venue corrects its form",
        "ours.sender_comp_ids": "we change our file",
    }


def test_what_agrees_is_no_difference_however_it_is_written(answered: dict[str, dict[str, str]]) -> None:
    assert "ike.lifetime" not in answered and "esp.lifetime" not in answered


def test_an_answer_with_faults_has_them_named(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    path = tmp_path / "answer.yaml"
    path.write_text("name: lse-proquote\nike: {proposal: aes999}\nprot: 1\n")
    ran = fixtunnel("form", "lse-proquote", "--offline", "--read", str(path))
    assert ran.status == 2
    assert f"{path}:2:17: error: ike.proposal: 'aes999' has no cipher that we know" in ran.err
    path.write_text("name: nobody\n")
    assert fixtunnel("form", "lse-proquote", "--offline", "--read", str(path)).status == 2


def test_json_is_json(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("form", "lse-proquote", "--offline", "--json")
    (form,) = json.loads(ran.out)
    rows = {row["label"]: row for section in form["sections"] for row in section["rows"]}
    assert rows["primary: address and port"]["value"] == "192.0.2.20:5001"
    assert rows["Client's gateway: public address"] == {
        "label": "Client's gateway: public address",
        "value": None,
        "side": "us",
    }
    assert form["blanks"] == sum(row["value"] is None for row in rows.values())


@pytest.mark.parametrize(
    "options",
    [
        ("--sheet", "--read", "answer.yaml"),
        ("--sheet", "--to", "forms"),
        ("--sheet", "--format", "html"),
        ("--read", "answer.yaml", "--to", "forms"),
        ("--read", "answer.yaml", "--format", "html"),
        ("--sheet", "--read", "answer.yaml", "--to", "forms", "--format", "html"),
    ],
)
def test_what_does_not_go_together_is_refused(fixtunnel: Fixtunnel, options: tuple[str, ...]) -> None:
    ran = fixtunnel("form", "lse-proquote", "--offline", *options)
    assert (ran.status, ran.out) == (2, "")
    others = [one for one in options[1:] if one.startswith("--")]
    assert f"{options[0]} goes without {' and '.join(others)}" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("form", "lse-proquote", "--sheet"),
        ("form", "lse-proquote", "--offline", "--format", "md"),
        ("render", "lse-proquote", "--user-data"),
        ("render", "lse-proquote", "--explain"),
    ],
)
def test_json_is_refused_beside_what_is_none(fixtunnel: Fixtunnel, words: tuple[str, ...]) -> None:
    ran = fixtunnel(*words, "--json")
    assert (ran.status, ran.out) == (2, "")
    assert "--json goes without" in ran.err


def test_one_file_is_json_too(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("render", "lse-proquote", "--file", "/etc/ipsec.conf", "--json")
    assert [one["path"] for one in json.loads(ran.out)] == ["/etc/ipsec.conf"]
