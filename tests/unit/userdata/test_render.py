"""The user data of a gateway: whole, small, and in each engine's own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.deployment import Deployment
from tests.literal import deployed, example, loaded
from tests.paths import CLIENTS
from tests.unit.model.example import CLIENT, PUBLIC_KEY, VENUE, edited, write
from tests.unit.userdata.cloud import boot
from userdata.render import MAX_BYTES, render

EXAMPLES = sorted(path.stem for path in CLIENTS.glob("*.yaml"))
TWO_NETWORKS = {"remote_networks": "[192.0.2.0/25, 192.0.2.128/25]"}
MODERN = {"ike": "{version: 2, proposal: aes_gcm256-sha2_256;dh19}", "esp": "{proposal: aes_gcm256}"}


def deployment(
    folder: Path, *, client: dict[str, str] | None = None, venue: dict[str, str] | None = None
) -> Deployment:
    write(folder, clients={"acme": edited(CLIENT, client or {})}, venues={"exchange": edited(VENUE, venue or {})})
    return loaded(folder / "clients", folder / "venues", "acme")


@pytest.mark.parametrize("name", EXAMPLES)
def test_form(name: str) -> None:
    instance = boot(example(name))
    assert instance.text.startswith("#cloud-config\n")
    assert instance.text.isascii()
    assert instance.text.endswith("\n")
    assert not [line for line in instance.text.split("\n") if line != line.rstrip()]


def test_a_firms_own_servers(tmp_path: Path) -> None:
    services = (
        "{dns: [10.0.0.2, 10.0.0.3], ntp: [10.0.0.4], proxy: 'http://10.0.0.8:3128', no_proxy: [.amazonaws.com], "
        "apt_mirror: 'http://10.0.0.9/debian'}"
    )
    instance = boot(deployment(tmp_path, client={"services": services}))
    assert instance.files["/etc/systemd/resolved.conf.d/70-fixtunnel.conf"] == (
        "[Resolve]\nDNS=10.0.0.2 10.0.0.3\nDomains=~.\n"
    )
    assert instance.files["/etc/systemd/timesyncd.conf.d/70-fixtunnel.conf"] == "[Time]\nNTP=10.0.0.4\n"
    assert instance.files["/etc/apt/mirrors/debian.list"] == "http://10.0.0.9/debian\n"
    assert instance.files["/etc/apt/mirrors/debian-security.list"] == "http://10.0.0.9/debian-security\n"
    *before, start = instance.config["bootcmd"]
    proxy = "http://10.0.0.8:3128"
    without = "no_proxy=169.254.169.254,localhost,.amazonaws.com"
    assert ["systemctl", "set-environment", f"http_proxy={proxy}", f"https_proxy={proxy}", without] in before
    assert ["systemctl", "--no-block", "try-restart", "systemd-resolved.service", "systemd-timesyncd.service"] in before
    assert start[-1] == "fixtunnel-boot.service"


def test_without_servers_of_its_own_nothing_is_written_for_them(tmp_path: Path) -> None:
    instance = boot(deployment(tmp_path))
    assert not [path for path in instance.files if "70-fixtunnel" in path or "mirrors" in path]
    assert not [one for one in instance.config["bootcmd"] if "set-environment" in one or "try-restart" in one]


def test_eight_tunnels_fit(tmp_path: Path) -> None:
    """AWS takes 16 KB. Long names, two networks each, secrets of one's own with long names."""
    venues = {f"exchange-number-{n}": _long_venue(n) for n in range(8)}
    tunnels = ", ".join(
        f"{{venue: exchange-number-{n}, name: Exchange_Number_{n}_Primary_Gate_A, local_network: 10.99.{n}.1/32, "
        f"secret: {{arn: 'arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:production/acme/venue-{n}-AbCdEf'}}}}"
        for n in range(8)
    )
    client = edited(CLIENT, {"name": "acme-capital-partners-london-uk", "tunnels": f"[{tunnels}]"})
    write(tmp_path, clients={"acme-capital-partners-london-uk": client}, venues=venues)
    eight = loaded(tmp_path / "clients", tmp_path / "venues", "acme-capital-partners-london-uk")
    assert len(eight.connections) == 8
    assert len(render(eight, deployed(eight)).encode()) < MAX_BYTES


def _long_venue(n: int) -> str:
    return edited(
        VENUE,
        {
            "name": f"exchange-number-{n}",
            "peers": f"{{A: {{address: 198.51.100.1{n}0, id: '@vpn-gateway-a.exchange-number-{n}.example.com'}}}}",
            "remote_networks": f"[172.16.{100 + n}.0/25, 172.16.{100 + n}.128/25]",
            "fix.0.host": f"172.16.{100 + n}.20",
            "encryption_domain": "assigned",
        },
    )


@pytest.mark.parametrize(
    ("client", "venue", "expected"),
    [
        (
            {"gateway.image": "debian-13"},
            {},
            {"keyexchange": "ikev1", "encapsulation": "yes", "dpdtimeout": "20", "ikev2": None, "dpdaction": None},
        ),
        (
            {"gateway.image": "debian-13"},
            MODERN,
            {"keyexchange": "ikev2", "retransmit-timeout": "20s", "dpdtimeout": None, "ikev2": None, "dpdaction": None},
        ),
        (
            {"gateway.image": "debian-12"},
            {},
            {"ikev2": "no", "encapsulation": "yes", "dpdaction": "restart", "dpdtimeout": "20", "keyexchange": None},
        ),
        ({"gateway.image": "debian-12"}, MODERN, {"ikev2": "insist", "dpdaction": "restart", "keyexchange": None}),
        (
            {"gateway.engine": "openswan"},
            {},
            {
                "keyexchange": "ike",
                "forceencaps": "yes",
                "leftnexthop": "%defaultroute",
                "dpdaction": "restart",
                "dpdtimeout": "20",
                "ikev2": None,
                "encapsulation": None,
                "retransmit-timeout": None,
            },
        ),
        (
            {"gateway.engine": "openswan"},
            {"ike.version": "2"},
            {"keyexchange": "ike", "ikev2": "insist", "forceencaps": "yes"},
        ),
    ],
    ids=[
        "libreswan 5, IKEv1",
        "libreswan 5, IKEv2",
        "libreswan 4, IKEv1",
        "libreswan 4, IKEv2",
        "openswan",
        "openswan v2",
    ],
)
def test_engines_words(tmp_path: Path, client: dict[str, str], venue: dict[str, str], expected: dict[str, str]) -> None:
    found = boot(deployment(tmp_path, client=client, venue=venue)).connection("Exchange")
    assert {key: found.get(key) for key in expected} == expected


@pytest.mark.parametrize("engine", ["libreswan", "openswan"])
def test_the_seeds_values(tmp_path: Path, engine: str) -> None:
    """What the article sets, on both engines, with a network in place of a bare address and DPD's timers."""
    found = boot(deployment(tmp_path, client={"gateway.engine": engine})).connection("Exchange")
    assert {key: found[key] for key in SEED} == SEED


SEED = {
    "type": "tunnel",
    "authby": "secret",
    "leftid": "203.0.113.107",
    "leftsubnet": "203.0.113.107/32",
    "leftsourceip": "203.0.113.107",
    "right": "198.51.100.10",
    "rightid": "198.51.100.10",
    "rightsubnet": "192.0.2.0/24",
    "ike": "aes256-sha1;modp2048",
    "ikelifetime": "28800s",
    "esp": "aes256-sha1",
    "salifetime": "28800s",
    "pfs": "yes",
    "dpddelay": "5",
    "auto": "add",
}


@pytest.mark.parametrize("image", ["debian-13", "debian-12"])
def test_setup_of_libreswan(tmp_path: Path, image: str) -> None:
    """IKEv1 must be asked for; and what is OpenSwan's only keeps the service from starting."""
    asked = boot(deployment(tmp_path, client={"gateway.image": image})).setup["config setup"]
    assert asked["ikev1-policy"] == "accept"
    modern = boot(deployment(tmp_path, client={"gateway.image": image}, venue=MODERN)).setup["config setup"]
    assert "ikev1-policy" not in modern
    assert not {"nat_traversal", "oe", "virtual_private", "protostack"} & (asked.keys() | modern.keys())


def test_setup_of_openswan(tmp_path: Path) -> None:
    """The article's; OpenSwan 3.0 does no NAT traversal unless told to."""
    instance = boot(deployment(tmp_path, client={"gateway.engine": "openswan"}))
    assert instance.files["/etc/ipsec.conf"].startswith("version 2.0\n")
    setup = instance.setup["config setup"]
    assert (setup["nat_traversal"], setup["protostack"], setup["oe"]) == ("yes", "netkey", "off")


def test_several_networks(tmp_path: Path) -> None:
    found = boot(deployment(tmp_path, venue=TWO_NETWORKS)).connection("Exchange")
    assert found["rightsubnets"] == "{192.0.2.0/25 192.0.2.128/25}"
    assert "rightsubnet" not in found


@pytest.mark.parametrize(
    ("identity", "written"),
    [
        ("'@gw_1.example.com'", "@gw_1.example.com"),
        ("user_1@example.com", "user_1@example.com"),
        ("'@[Desk_7]'", "@[Desk_7]"),
        ("'@#0a1B2c'", "@#0a1B2c"),
        ("10.20.30.40", "10.20.30.40"),
        ("C=GB, O=Exchange, CN=gw_1", "C=GB,O=Exchange,CN=gw_1"),
        ("C=GB, O=Example Exchange", '"C=GB,O=Example Exchange"'),
    ],
)
def test_identities(tmp_path: Path, identity: str, written: str) -> None:
    """As the engine reads them, in ipsec.conf and (the gateway writes it from the settings) in ipsec.secrets."""
    theirs = boot(deployment(tmp_path, venue={"peers.A.id": identity}))
    assert theirs.connection("Exchange")["rightid"] == theirs.settings["tunnels"][0]["right_id"] == written
    assert theirs.connection("Exchange")["leftid"] == "203.0.113.107"
    assert "left_id" not in theirs.settings["tunnels"][0]
    ours = boot(deployment(tmp_path, client={"tunnels.0.local_id": identity}))
    assert ours.connection("Exchange")["leftid"] == ours.settings["tunnels"][0]["left_id"] == written


def test_an_assigned_address(tmp_path: Path) -> None:
    """The host owns it, and hosts behind the gateway are translated to it."""
    own = {"tunnels.0.local_network": "10.9.1.0/28", "tunnels.0.source_address": "10.9.1.5"}
    instance = boot(deployment(tmp_path, client=own, venue={"encryption_domain": "assigned"}))
    found = instance.connection("Exchange")
    assert (found["leftsubnet"], found["leftsourceip"], found["leftid"]) == ("10.9.1.0/28", "10.9.1.5", "203.0.113.107")
    assert "ip daddr { 192.0.2.0/24 } ip saddr != 10.9.1.0/28 snat ip to 10.9.1.5\n" in instance.guard
    assert instance.settings["tunnels"][0]["own"] == "10.9.1.5"


def test_hosts_that_the_venue_sees_by_their_own_addresses(tmp_path: Path) -> None:
    """Beside the address that the others are translated to: an SA for each pair of networks, and no translation."""
    network = "{vpc_id: vpc-12345678, subnet_id: subnet-12345678, availability_zone: eu-west-2a, route_table_ids: [rtb-12345678]}"
    hosts = {"tunnels.0.host_networks": "[10.64.1.11, 10.64.1.12]", "trading_hosts": "[10.64.1.0/24]"}
    instance = boot(deployment(tmp_path, client=hosts | {"network": network}, venue=TWO_NETWORKS))
    found = instance.connection("Exchange")
    assert found["leftsubnets"] == "{203.0.113.107/32 10.64.1.11/32 10.64.1.12/32}"
    assert (found["leftsourceip"], "leftsubnet" in found) == ("203.0.113.107", False)
    own = "{ 203.0.113.107/32, 10.64.1.11/32, 10.64.1.12/32 }"
    assert f"ip daddr {{ 192.0.2.0/25, 192.0.2.128/25 }} ip saddr != {own} snat ip to 203.0.113.107\n" in instance.guard


def test_permissions() -> None:
    """Root's own; what is run is run by name, and what leads to secrets is root's to read."""
    files = boot(example("lse-proquote")).config["write_files"]
    permissions = {file["path"]: file.get("permissions", "0644") for file in files}  # cloud-init's own default
    assert permissions.pop("/etc/ipsec.secrets") == "0600"
    assert {path for path, mode in permissions.items() if mode == "0755"} == {"/usr/sbin/fixtunnel-start"}
    assert set(permissions.values()) == {"0644", "0755"}


def test_an_apt_source(tmp_path: Path) -> None:
    apt = "{uri: https://apt.example.com/debian, suite: bookworm, component: main, key: key.asc}"
    write(tmp_path, clients={}, venues={})
    (tmp_path / "clients/key.asc").write_bytes(PUBLIC_KEY)
    client = {"gateway.engine": "openswan", "gateway.openswan": f"{{apt: {apt}}}"}
    files = boot(deployment(tmp_path, client=client)).files
    assert files["/etc/apt/keyrings/fixtunnel.asc"] == PUBLIC_KEY.decode("latin-1")
    assert files["/etc/fixtunnel/openswan.list"] == (
        "deb [signed-by=/etc/apt/keyrings/fixtunnel.asc] https://apt.example.com/debian bookworm main\n"
    )
    assert [path for path in files if path.startswith("/etc/apt/")] == ["/etc/apt/keyrings/fixtunnel.asc"]
