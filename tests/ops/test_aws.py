"""The verbs that ask AWS, against the embedded one: a client deployed once, and a stand-in for its gateway."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.emulator.standing import Standing
from tests.ops.conftest import Fixtunnel, reachable
from tests.ops.embedded import StandInGateway, up


def test_the_form_has_the_deployed_address(acme: Fixtunnel, standing: Standing) -> None:
    assert f"{standing.address['PublicIp']}/32" in acme("form", "acme").out


def test_render_with_what_is_deployed(acme: Fixtunnel, standing: Standing) -> None:
    out = acme("render", "acme", "--deployed", "--file", "/etc/ipsec.d/LSE_Proquote.secrets").out
    assert re.fullmatch(rf"{standing.address['PublicIp']} 198\.51\.100\.10 : PSK <arn:aws:secretsmanager:.*>\n", out)


def test_the_running_image_is_pinned_and_nothing_else_changes(acme: Fixtunnel, tmp_path: Path) -> None:
    path = tmp_path / "clients" / "acme.yaml"
    before = path.read_text()
    assert acme("image", "pin", "acme").status == 0
    added = [line for line in path.read_text().splitlines() if line not in before.splitlines()]
    assert [re.sub(r"[0-9a-f]{17}|\d{4}-\d\d-\d\d", "X", line) for line in added] == [
        "gateway:",
        "  ami: ami-X  # running on X: debian-13-trixie-amd64",
    ]
    assert "has ami-" in acme("image", "pin", "acme").out
    assert "changes nothing" in acme("image", "update", "acme").out or "already" in acme("image", "update", "acme").out


@pytest.mark.parametrize("verb", ["pin", "update"])
def test_an_image_that_must_be_pinned_can_be(acme: Fixtunnel, tmp_path: Path, verb: str) -> None:
    """The account and the production venue require the very line that this verb is to write."""
    path = tmp_path / "clients" / "acme.yaml"
    path.write_text('account: "123456789012"\n' + path.read_text())
    assert acme("check", "acme").status == 2
    assert acme("image", verb, "acme").status == 0
    assert acme("check", "acme").status == 0


@pytest.mark.parametrize("other", ["alarm_mail: x@example.com\n", "gateway: {ami: newest}\n"])
def test_no_image_is_pinned_in_a_file_with_another_fault(acme: Fixtunnel, tmp_path: Path, other: str) -> None:
    path = tmp_path / "clients" / "acme.yaml"
    before = 'account: "123456789012"\n' + other + path.read_text()
    path.write_text(before)
    assert acme("image", "pin", "acme").status == 2
    assert path.read_text() == before


def test_status_of_a_tunnel_that_is_up(
    acme: Fixtunnel, gateway: StandInGateway, standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time())
    gateway.is_in_state(
        "holding",
        {
            "LSE_Proquote": up(
                now,
                fix_ports={"primary": {"up": True, "ms": 3, "at": now - 20}},
                incident={"at": now - 4000, "state": "down", "until": now - 3700},
            )
        },
    )
    gateway.says |= {"date": f"{now}\n"}
    reachable(gateway, monkeypatch)
    ran = acme("status", "acme", "--json")
    (client,) = json.loads(ran.out)
    assert ran.status == 0
    assert client["address"] == standing.address["PublicIp"]
    (tunnel,) = client["tunnels"]
    assert (tunnel["state"], tunnel["child_sa_age"], tunnel["bytes_in"], tunnel["bytes_out"]) == ("up", 90, 84000, 126)
    assert tunnel["fix_ports"]["primary"] in ("up, 20 s ago", "up, 21 s ago")
    assert tunnel["last_incident"] == "1 h 6 min ago: down for 5 min"
    assert "84 kB" in acme("status").out


def test_status_shows_every_fix_port(acme: Fixtunnel, gateway: StandInGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    now = int(time.time())
    port = {"up": True, "ms": 3, "at": now - 20}
    ports = {"orders": port, "dropcopy": port | {"up": False}, "prices": port | {"up": None}}
    gateway.is_in_state("holding", {"LSE_Proquote": up(now, fix_ports=ports)})
    gateway.says |= {"date": f"{now}\n"}
    reachable(gateway, monkeypatch)
    (client,) = json.loads(acme("status", "acme", "--json").out)
    assert client["tunnels"][0]["fix_ports"] == {
        "orders": "up, 20 s ago",
        "dropcopy": "down, 20 s ago",
        "prices": "not tried yet",
    }
    out = acme("status").out
    assert "dropcopy: down, 20 s ago" in out and "prices: not tried yet" in out


def test_status_of_a_venue_that_is_closed(
    acme: Fixtunnel, gateway: StandInGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ports are not asked; and its dates end, which is what the gateway has, and not the file of now."""
    now = int(time.time())
    ports = {"primary": {"up": None, "ms": 0, "at": 0}}
    last = datetime.fromtimestamp(now, UTC).date() + timedelta(days=9)
    sessions = {"lse-proquote": {"open": False, "changes": now + 7200, "dates_until": last.isoformat()}}
    gateway.is_in_state("holding", {"LSE_Proquote": up(now, fix_ports=ports)}, sessions=sessions)
    gateway.says |= {"date": f"{now}\n"}
    reachable(gateway, monkeypatch)
    ran = acme("status", "acme", "--json")
    (client,) = json.loads(ran.out)
    assert client["tunnels"][0]["fix_ports"] == {"primary": "venue closed, opens in 2 h"}
    assert (ran.status, client["notes"]) == (
        0,
        [f"the dates of lse-proquote end on {last}, in 9 days: write the next ones into its file, and deploy"],
    )


def test_a_gateway_of_an_earlier_version_is_read(
    acme: Fixtunnel, gateway: StandInGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows one endpoint, and not its name."""
    now = int(time.time())
    former = {key: value for key, value in up(now).items() if key != "fix_ports"}
    gateway.is_in_state("holding", {"LSE_Proquote": former | {"fix_port": {"up": True, "ms": 3, "at": now - 20}}})
    gateway.says |= {"date": f"{now}\n"}
    reachable(gateway, monkeypatch)
    (client,) = json.loads(acme("status", "acme", "--json").out)
    assert client["tunnels"][0]["fix_ports"] == {"": "up, 20 s ago"}


def test_status_of_what_is_not_deployed_and_of_what_does_not_answer(
    acme: Fixtunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clients" / "other.yaml").write_text("name: other\ntunnels: [{venue: lse-proquote}]\n")
    monkeypatch.setenv("FIXTUNNEL_SESSION", "/nonexistent/session")
    ran = acme("status", "--json")
    by_name = {one["client"]: one for one in json.loads(ran.out)}
    assert ran.status == 1
    assert by_name["other"]["trouble"] == "not deployed"
    assert "cannot be run" in by_name["acme"]["trouble"]


def test_credentials_that_are_of_another_account_are_refused(acme: Fixtunnel, tmp_path: Path) -> None:
    path = tmp_path / "clients" / "acme.yaml"
    path.write_text(
        path.read_text().replace("tunnels:", 'account: "999999999999"\ngateway: {ami: ami-0a1b2c3d}\ntunnels:')
    )
    ran = acme("status", "acme")
    assert ran.status == 1
    assert "your credentials are for account 123456789012" in ran.err


def test_no_credentials_says_how_to_get_some(acme: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    ran = acme("image", "pin", "acme")
    assert ran.status == 1
    assert "aws sso login" in ran.err
