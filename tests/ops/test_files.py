"""The verbs that need no AWS: new, check, render."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from model.load import load
from ops.files.rendering import deployed, explain, files
from tests.ops.conftest import Fixtunnel, folders
from tests.paths import CLIENTS, VENUES
from tests.unit.model.example import CLIENT, VENUE, edited


def test_the_examples_have_warnings_and_no_error(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("check")
    assert ran.status == 0
    assert "no errors, " in ran.out


def test_what_is_weak_says_what_to_ask_for(fixtunnel: Fixtunnel) -> None:
    out = fixtunnel("check", "lse-proquote").out
    assert "ike.version: 1 is IKEv1, which RFC 9395 deprecates; ask the venue for IKEv2" in out
    assert "ike.proposal: 'aes192-sha1;modp2048' uses SHA-1" in out
    assert "northbridge" not in out


def test_a_venue_with_nothing_weak_has_no_advice(fixtunnel: Fixtunnel) -> None:
    assert "no errors, no warnings" in fixtunnel("check", "northbridge").out


def test_an_error_ends_with_2_and_strict_takes_a_warning_for_a_finding(fixtunnel: Fixtunnel, desk: Path) -> None:
    assert fixtunnel("check", "--strict", "lse-proquote").status == 1
    (desk / "clients" / "acme.yaml").write_text("name: acme\ntunels: []\n")
    ran = fixtunnel(*folders(desk), "check")
    assert ran.status == 2
    assert "tunels" in ran.out and "did you mean 'tunnels'?" in ran.out


def test_faults_for_a_machine(fixtunnel: Fixtunnel) -> None:
    found = json.loads(fixtunnel("check", "--json", "lse-proquote").out)
    assert {"file", "line", "column", "key", "value", "message", "severity"} == found[0].keys()


def test_a_name_that_is_no_file_says_what_there_is(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("check", "nobody")
    assert ran.status == 2
    # lse-proquote is the name of a client and of its venue.
    assert (
        "available: acme-capital, harbour, larkfield, lse-proquote, lse-proquote-openswan, northbridge, quayside, tidewater\n"
        in ran.err
    )
    assert "did you mean 'harbour'?" in fixtunnel("check", "habour").err


@pytest.mark.parametrize(
    ("kind", "said"),
    [("a pipe", "is not a regular file"), ("a device", "is not a regular file"), ("a dead link", "cannot be read")],
)
def test_a_named_file_that_cannot_be_read_says_why(fixtunnel: Fixtunnel, desk: Path, kind: str, said: str) -> None:
    path = desk / "clients" / "odd.yaml"
    if kind == "a pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero" if kind == "a device" else "nowhere")
    ran = fixtunnel(*folders(desk), "check", "odd")
    assert (ran.status, f"odd.yaml:1:1: error: {said}" in ran.err + ran.out) == (2, True), ran.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: ven9\nsession: {start: '07:00'}\n", "error: peers: is missing"),
        ("tunnels: []\n", "error: peers: is missing"),
        ("- a\n", "is not a mapping"),
        ("", "has no value"),
    ],
)
def test_what_lies_among_the_venues_is_a_venue(fixtunnel: Fixtunnel, desk: Path, text: str, said: str) -> None:
    (desk / "venues").rename(desk / "exchanges")
    (desk / "exchanges" / "ven9.yaml").write_text(text)
    ran = fixtunnel("--clients-dir", str(desk / "clients"), "--venues-dir", str(desk / "exchanges"), "check", "ven9")
    assert (ran.status, said in ran.out) == (2, True), ran.out
    assert "tunnels: is missing" not in ran.out


def test_a_new_client_passes_the_check(fixtunnel: Fixtunnel, desk: Path) -> None:
    ran = fixtunnel(*folders(desk), "new", "acme", "--venue", "lse-proquote", "--sender-comp-id", "ACME")
    assert ran.status == 0
    (deployment,) = load(clients=desk / "clients", venues=desk / "venues").deployments
    assert deployment.connections[0].tunnel.sender_comp_ids == ("ACME",)
    assert fixtunnel(*folders(desk), "check", "acme").status == 0


def test_a_new_client_of_a_venue_with_two_gateways_has_a_standby(fixtunnel: Fixtunnel, desk: Path) -> None:
    fixtunnel(*folders(desk), "new", "acme", "--venue", "northbridge", "--local-network", "10.90.1.7/32")
    (deployment,) = load(clients=desk / "clients", venues=desk / "venues").deployments
    assert [(one.tunnel.peer, one.is_active) for one in deployment.connections] == [("A", True), ("B", False)]


def test_a_new_client_is_not_written_with_faults_nor_over_another(fixtunnel: Fixtunnel, desk: Path) -> None:
    arguments = (*folders(desk), "new", "acme", "--venue", "lse-proquote")
    assert fixtunnel(*arguments, "--alarm-email", "neither side").status == 2
    assert not list((desk / "clients").iterdir())
    assert fixtunnel(*arguments).status == 0
    assert fixtunnel(*arguments).status == 2


def test_a_new_client_whose_image_must_be_pinned_is_written_and_says_so(fixtunnel: Fixtunnel, desk: Path) -> None:
    arguments = (*folders(desk), "new", "acme", "--venue", "lse-proquote", "--account", "123456789012")
    assert fixtunnel(*arguments, "--alarm-email", "neither side").status == 2
    ran = fixtunnel(*arguments)
    assert ran.status == 0
    assert "now: fixtunnel image pin acme" in ran.out
    assert "fixtunnel image pin writes it" in fixtunnel(*folders(desk), "check", "acme").out


def test_what_nobody_can_be_asked_for_names_its_flag(fixtunnel: Fixtunnel, desk: Path) -> None:
    assert "--local-network: error: is missing" in fixtunnel(*folders(desk), "new", "acme", "--venue", "harbour").err


def test_an_address_that_the_venue_has_still_to_assign_is_open_until_something_is_deployed(
    fixtunnel: Fixtunnel, desk: Path, tmp_path: Path
) -> None:
    acme = (*folders(desk), "new", "acme", "--venue", "northbridge", "--region", "eu-west-2")
    assert fixtunnel(*acme).status == 0
    ran = fixtunnel(*folders(desk), "check", "acme")
    assert (ran.status, "local_network: is missing: northbridge assigns it" in ran.out) == (0, True)
    form = fixtunnel(*folders(desk), "form", "acme", "--offline").out
    assert "Client's encryption domain | **________ (venue to fill in)**" in form
    assert fixtunnel(*folders(desk), "cost", "acme").status == 0
    # The verbs that need it refuse, and never take the Elastic IP in its place.
    for options in ((), ("--explain",), ("--user-data",)):
        shown = fixtunnel(*folders(desk), "render", "acme", *options)
        assert (shown.status, shown.out.count("leftsubnet=<address that the venue assigns>/32")) == (0, 2), options
        assert "snat ip to <address that the venue assigns>" in shown.out
        assert "leftsubnet=<elastic-ip>" not in shown.out
    assert fixtunnel(*folders(desk), "render", "acme", "--deployed").status == 2
    for verb in ("plan", "deploy"):
        ran = fixtunnel(*folders(desk), verb, "acme")
        assert (ran.status, "write the address that the venue assigned to you" in ran.err) == (2, True), verb
    (desk / "answer.yaml").write_text("ours: {encryption_domain: 10.90.1.7, public_address: 203.0.113.7}")
    told = fixtunnel(*folders(desk), "form", "acme", "--offline", "--read", str(desk / "answer.yaml"), "--json")
    (found,) = json.loads(told.out)["differences"]
    assert (found["key"], found["who"], found["theirs"]) == (
        "ours.encryption_domain",
        "we change our file",
        "10.90.1.7/32",
    )


def test_the_gateways_files_have_a_reference_for_the_secret(fixtunnel: Fixtunnel) -> None:
    out = fixtunnel("render", "lse-proquote").out
    assert "<elastic-ip> 198.51.100.10 : PSK <secret of LSE_Proquote>" in out
    assert fixtunnel("render", "lse-proquote", "--user-data").out.startswith("#cloud-config\n")


def test_one_file_alone_is_as_it_will_be(fixtunnel: Fixtunnel) -> None:
    out = fixtunnel("render", "lse-proquote", "--file", "/etc/ipsec.d/LSE_Proquote.conf").out
    assert out.startswith("conn LSE_Proquote\n")
    assert fixtunnel("render", "lse-proquote", "--file", "/etc/shadow").status == 2


def test_explained_beside_the_article(fixtunnel: Fixtunnel) -> None:
    out = fixtunnel("render", "lse-proquote", "--explain").out
    assert "leftsourceip=$SOURCE_IP" in out
    assert "sudo apt-get install -y openswan" in out


@pytest.mark.parametrize("client", sorted(path.stem for path in CLIENTS.glob("*.yaml")))
def test_no_line_of_the_engines_files_is_without_a_reason(client: str) -> None:
    (deployment,) = load(clients=CLIENTS, venues=VENUES, selected=[client]).deployments
    for file in files(deployment, deployed(deployment)):
        if file.path.startswith("/etc/ipsec."):
            for line in file.content.splitlines():
                assert not line.strip() or explain(file.path, line), f"{file.path}: {line}"


def test_a_faulty_file_hides_no_other_clients_size_nor_advice(fixtunnel: Fixtunnel, desk: Path) -> None:
    """A firm's CI sees all of it in one run."""
    networks = [f"10.{one}.{two}.0/24" for one in (200, 201) for two in range(0, 250, 2)]
    large = {"name": "large", "remote_networks": json.dumps(networks), "fix": "[]"}
    for name, changes in (("large", large), ("old", {"name": "old", "ike.version": "1"})):
        (desk / f"venues/{name}.yaml").write_text(edited(VENUE, changes))
        (desk / f"clients/{name}.yaml").write_text(edited(CLIENT, {"name": name, "tunnels.0.venue": name}))
    alone = fixtunnel(*folders(desk), "check", "large", "old").out
    assert "more than AWS takes" in alone and "IKEv1" in alone
    (desk / "clients/faulty.yaml").write_text("name: faulty\ntunels: []\n")
    together = fixtunnel(*folders(desk), "check").out
    assert "tunels" in together
    assert [line for line in alone.splitlines()[:-1] if line not in together] == []
