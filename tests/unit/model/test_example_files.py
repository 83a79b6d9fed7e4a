"""What is said about several files together, and where it is said to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.model.example import CLIENT, VENUE, edited, said, write

TWO_VENUES = {"tunnels.1": "{venue: broker}"}
BROKER = {"name": "broker", "connection": "Broker", "peers.A.address": "198.51.100.20", "peers.B": "null"}


def test_two_venues_overlap(tmp_path: Path) -> None:
    write(
        tmp_path,
        clients={"acme": edited(CLIENT, TWO_VENUES)},
        venues={"exchange": VENUE, "broker": edited(VENUE, {**BROKER, "remote_networks": "[192.0.0.0/16]"})},
    )
    assert said(tmp_path) == [
        "clients/acme.yaml:1:99: error: tunnels.1.venue: 'broker' has 192.0.0.0/16, which overlaps 192.0.2.0/24 "
        "of exchange; one address, one venue"
    ]


def test_a_gateway_inside_another_venues_network(tmp_path: Path) -> None:
    broker = edited(VENUE, {**BROKER, "remote_networks": "[198.51.100.0/28]", "fix.0.host": "198.51.100.5"})
    write(tmp_path, clients={"acme": edited(CLIENT, TWO_VENUES)}, venues={"exchange": VENUE, "broker": broker})
    (line,) = said(tmp_path)
    assert "tunnels.0.venue: 'exchange' has its gateway 198.51.100.10 in 198.51.100.0/28 of broker" in line


TEST_SYSTEM = {"name": "test", "connection": "Exchange_Test", "remote_networks": "[192.0.3.0/26]"} | {
    "fix.0.host": "192.0.3.20"
}
SECRET, OTHER = (
    f"{{arn: 'arn:aws:secretsmanager:eu-west-2:123456789012:secret:{name}-abcdef'}}" for name in ("x", "y")
)


def about_one_gateway(folder: Path, first: str | None, second: str | None, **edits: str) -> list[str]:
    """What is said of a client with these two secrets, and of production and test at one gateway."""
    secrets = {f"tunnels.{n}.secret": text for n, text in enumerate((first, second)) if text}
    write(
        folder,
        clients={"acme": edited(CLIENT, {"tunnels.1": "{venue: test}", **secrets})},
        venues={"exchange": VENUE, "test": edited(VENUE, TEST_SYSTEM | edits)},
    )
    return [line.split(": ", maxsplit=1)[1] for line in said(folder)]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (SECRET, None, "is not the same in both: Exchange has the same two ids"),
        (None, SECRET, "is not the same in both: Exchange has the same two ids"),
        (None, None, "is not the same in both: Exchange has the same two ids"),
        (SECRET, OTHER, "is another one than that of Exchange"),
    ],
)
def test_production_and_test_behind_one_gateway_have_one_psk(
    tmp_path: Path, first: str | None, second: str | None, said: str
) -> None:
    """Nothing was said, and two secrets were made for one pair of ids."""
    (line,) = about_one_gateway(tmp_path, first, second)
    assert line.startswith("error: tunnels.1.secret: ")
    assert said in line


def test_production_and_test_behind_one_gateway_are_fine_with_one_secret(tmp_path: Path) -> None:
    assert about_one_gateway(tmp_path, SECRET, SECRET) == []


def test_production_and_test_behind_one_gateway_have_one_ike(tmp_path: Path) -> None:
    (line,) = about_one_gateway(tmp_path, SECRET, SECRET, **{"ike.lifetime": "4h"})
    assert line.startswith(
        "error: tunnels.1.venue: 'test' has other values below ike than exchange, behind the same gateway"
    )


def test_production_and_test_with_ids_of_their_own_have_two_psks(tmp_path: Path) -> None:
    assert about_one_gateway(tmp_path, None, None, **{"peers.A.id": "'@test.exchange.example'"}) == []


def test_two_ids_of_ours_at_one_gateway_have_two_psks_and_two_ikes(tmp_path: Path) -> None:
    names = {f"tunnels.{n}.local_id": f"'@desk-{n}.example.com'" for n in range(2)}
    other = TEST_SYSTEM | {"ike.lifetime": "4h"}
    clients = {"acme": edited(CLIENT, {"tunnels.1": "{venue: test}"} | names)}
    write(tmp_path, clients=clients, venues={"exchange": VENUE, "test": edited(VENUE, other)})
    assert said(tmp_path) == []


def test_a_venues_b_with_the_id_of_its_a_needs_the_same_psk(tmp_path: Path) -> None:
    """It always loaded: each tunnel has its secret, and the operator puts the same value into both."""
    one_id = {"peers.A.id": "'@vpn.exchange.example'", "peers.B.id": "'@vpn.exchange.example'"}
    standby = {"tunnels.1": "{venue: exchange, peer: B, role: standby}"}
    write(tmp_path, clients={"acme": edited(CLIENT, standby)}, venues={"exchange": edited(VENUE, one_id)})
    (line,) = said(tmp_path)
    assert "warning: tunnels.1" in line and "needs the PSK of Exchange" in line


def test_two_gateways_of_one_venue_may_overlap(tmp_path: Path) -> None:
    standby = {"tunnels.1": "{venue: exchange, peer: B, role: standby}"}
    write(tmp_path, clients={"acme": edited(CLIENT, standby)}, venues={"exchange": VENUE})
    assert said(tmp_path) == []


def test_two_clients_of_one_name(tmp_path: Path) -> None:
    write(tmp_path, clients={"acme": CLIENT, "acme-2": CLIENT}, venues={"exchange": VENUE})
    assert said(tmp_path) == [
        "clients/acme-2.yaml:2:7: error: name: 'acme' differs from the file's name; write acme-2, or rename the file "
        "to acme.yaml",
        "clients: error: name: 'acme' is the name of two clients in this folder; one stack for each name",
    ]


@pytest.mark.parametrize(
    ("accounts", "severity"),
    [
        (("111111111111", "111111111111"), "error"),
        (("111111111111", None), "warning"),
        ((None, None), "warning"),
        (("111111111111", "222222222222"), None),
    ],
)
def test_an_account_has_one_role_of_a_name(
    tmp_path: Path, accounts: tuple[str | None, str | None], severity: str | None
) -> None:
    """The second one's deploy fails half-way. Without an account in a file nobody knows."""
    files = {"acme": ("Gateway", "eu-west-2"), "zenith": ("gateway", "us-east-1")}
    given = [{"account": f"'{account}'"} if account else {} for account in accounts]
    clients = {
        file: edited(CLIENT, {"name": file, "role": f"{{name: {role}}}", "region": region, **account})
        for (file, (role, region)), account in zip(files.items(), given, strict=True)
    }
    write(tmp_path, clients=clients, venues={"exchange": VENUE})
    lines = [line for line in said(tmp_path) if "role.name" in line]
    assert [line.split(": ")[1] for line in lines] == ([severity] * 2 if severity else [])
    assert all("is the role's name of zenith too" in line for line in lines[:1])


def test_a_venue_that_is_not_there(tmp_path: Path) -> None:
    clients = {"acme": edited(CLIENT, {"tunnels.0.venue": "exchnage"})}
    write(tmp_path, clients=clients, venues={"exchange": VENUE, "broker": VENUE})
    (line,) = said(tmp_path)
    assert line.endswith("tunnels.0.venue: 'exchnage' is not a venue; did you mean 'exchange'?")


def test_a_client_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, clients={"acme": CLIENT, "zenith": CLIENT}, venues={"exchange": VENUE})
    assert said(tmp_path, selected=("acne",)) == ["acne: error: is not a client; did you mean 'acme'?"]


def test_no_client_at_all(tmp_path: Path) -> None:
    write(tmp_path, clients={}, venues={})
    assert said(tmp_path) == ["clients: error: has no client file; name a folder that has one"]


def test_only_what_is_selected_is_read(tmp_path: Path) -> None:
    write(tmp_path, clients={"acme": CLIENT, "other": "][ no YAML"}, venues={"exchange": VENUE, "broker": "]["})
    assert said(tmp_path, selected=("acme",)) == []


def test_faults_of_venue_and_client_come_together(tmp_path: Path) -> None:
    """And those between values are not hidden by those of others."""
    venue = edited(VENUE, {"ike.version": "3", "dpd": "{delay: 10, timeout: 15}", "connection": "'a b'"})
    client = edited(
        CLIENT, {"account": "5", "network": "{cidr: 8.8.8.0/26}", "tunnels.1": "{venue: exchange, peer: C}"}
    )
    write(tmp_path, clients={"acme": client}, venues={"exchange": venue})
    assert [line.split(" error: ")[1].split(": ")[0] for line in said(tmp_path)] == [
        *("tunnels.1.peer", "account", "network.cidr"),
        *("connection", "ike.version", "dpd.timeout"),
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: acme\ntunnels:\n  - {venue: exchange}\n  - venue: 5\n", "4:12: error: tunnels.1.venue"),
        ("name: acme\ntunnels:\n  - {venue: exchange}\ngatewy:\n  ami: x\n", "4:1: error: gatewy"),
        ("name: acme\ntunnels:\n  - {venue: exchange, peer: B, role: standby}\n", "2:1: error: tunnels"),
        ("name: acme\nnetwork:\n\n    cidr: 8.8.8.0/28\ntunnels: [{venue: exchange}]\n", "4:11: error: network.cidr"),
        (
            "name: acme\ntunnels: [{venue: exchange}]\ngateway:\n  elastic_ip:\n   address: 1.1.1.1\n",
            "4:3: error: gateway",
        ),
    ],
)
def test_place(tmp_path: Path, text: str, place: str) -> None:
    """The value's; the key's where the key is meant, or fills lines of its own; of what holds it where it is missing."""
    write(tmp_path, clients={"acme": text}, venues={"exchange": VENUE})
    lines = [line for line in said(tmp_path) if " error: " in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"clients/acme.yaml:{place}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: acme\nname: acme\ntunnels: [{venue: exchange}]", "2:1: error: name: is here twice, first in line 1; "),
        ("name: &a acme", "1:7: error: has a YAML anchor or alias; write the value out, or put it in quotes"),
        ("name: !!str acme", "1:7: error: has a YAML tag; write the plain value, or put it in quotes"),
        ("name: [acme", "1:12: error: is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a:\n\t- b", "2:1: error: is not YAML: found character '\\t' that cannot start any token"),
        ("[" * 20, "1:17: error: is nested deeper than 16 levels"),
        ("", "1:1: error: has no value; write keys and values, indented below it"),
        ("- a", "1:1: error: is not a mapping; write keys and values, indented below it"),
        ("a: b\n---\nc: d", "2:1: error: is not YAML: but found another document"),
    ],
)
def test_form(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, clients={"acme": text}, venues={"exchange": VENUE})
    errors = [line for line in said(tmp_path) if " error: " in line]
    assert errors[0].startswith(f"clients/acme.yaml:{message}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name: acme\nx: \xff", "2:1: error: is not UTF-8 text; save it as UTF-8"),
        (b"# \n" * 100_000, "1:1: error: is larger than 64 KiB; no client or venue needs as much"),
    ],
)
def test_bytes(tmp_path: Path, content: bytes, message: str) -> None:
    write(tmp_path, clients={}, venues={"exchange": VENUE})
    (tmp_path / "clients/acme.yaml").write_bytes(content)
    assert said(tmp_path) == [f"clients/acme.yaml:{message}"]


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    write(tmp_path, clients={}, venues={})
    (tmp_path / "clients/acme.yaml").mkdir()
    assert said(tmp_path) == ["clients/acme.yaml:1:1: error: is not a regular file"]
