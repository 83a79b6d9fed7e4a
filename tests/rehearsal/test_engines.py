"""The rendered configuration, loaded by the real engine of each release: any complaint is a failure."""

from collections.abc import Iterator, Sequence
from itertools import cycle, product
from pathlib import Path

import pytest

from model.deployment import Connection, Deployment
from model.load import load
from model.proposal import CHACHA20, CIPHERS, Proposal
from tests.literal import LEFT, loaded
from tests.ops.translations import TRANSLATIONS, Translation
from tests.paths import CLIENTS, VENUES
from tests.rehearsal.pluto import load_configuration
from tests.unit.model.example import CLIENT, VENUE, edited, write
from tests.unit.userdata.test_size import with_networks
from userdata.render import Deployed, File, Object, render_files

STORED = Object(bucket="bucket", key="key", sha256="0" * 64)
LIBRESWAN = [d for d in load(clients=CLIENTS, venues=VENUES).deployments if d.client.gateway.engine == "libreswan"]


def on(release: str, deployment: Deployment) -> Deployment:
    gateway = deployment.client.gateway.model_copy(update={"image": release})
    client = deployment.client.model_copy(update={"gateway": gateway})
    return Deployment(client=client, connections=deployment.connections, folder=deployment.folder)


VERSIONS = [("debian-12", "Libreswan 4.10"), ("debian-13", "Libreswan 5.2")]


@pytest.mark.parametrize(("release", "version"), VERSIONS)
@pytest.mark.parametrize("deployment", LIBRESWAN, ids=lambda deployment: deployment.client.name)
def test_the_engine_loads_every_connection(deployment: Deployment, release: str, version: str) -> None:
    loads_all(deployment, release, version)


@pytest.mark.parametrize(("release", "version"), VERSIONS)
@pytest.mark.parametrize(("networks", "tunnels"), [(16, 4), (1, 9)])
def test_the_engine_loads_many(networks: int, tunnels: int, release: str, version: str, tmp_path: Path) -> None:
    loads_all(with_networks(tmp_path, networks, tunnels=tunnels), release, version)


@pytest.mark.parametrize(("release", "version"), VERSIONS)
@pytest.mark.parametrize("translation", [one for one in TRANSLATIONS if one.host_networks or one.mapped_hosts], ids=str)
def test_the_engine_loads_several_networks_of_our_own(
    translation: Translation, release: str, version: str, tmp_path: Path
) -> None:
    loads_all(translation.deployment(tmp_path), release, version)


@pytest.mark.parametrize(("release", "version"), VERSIONS)
@pytest.mark.parametrize("selector", ["tcp", "tcp/5001", "udp", "udp/5000"])
def test_the_engine_loads_a_selector_of_one_port(selector: str, release: str, version: str, tmp_path: Path) -> None:
    feed = {"fix": "[]", "services": "[{name: feed, host: 192.0.2.40, port: udp/5000}]"} if "udp" in selector else {}
    write(tmp_path, clients={"acme": CLIENT}, venues={"exchange": edited(VENUE, {"esp.selector": selector, **feed})})
    loads_all(loaded(tmp_path / "clients", tmp_path / "venues", "acme"), release, version)


def proposed(*proposals: str) -> str:
    return f"{{proposal: {proposals[0]}, alternatives: [{', '.join(proposals[1:])}], lifetime: 2d, version: 2}}"


GCM = [one for one in CIPHERS if "gcm" in one]


@pytest.mark.parametrize(("release", "version"), VERSIONS)
@pytest.mark.parametrize("ciphers", [("aes192", "aes128", "3des", CHACHA20), GCM], ids="-".join)
def test_the_engine_loads_every_cipher(ciphers: Sequence[str], release: str, version: str, tmp_path: Path) -> None:
    """Several proposals, each with another group, and lifetimes of two days, which the engine would cut and say so."""
    groups = cycle(("dh19", "dh20", "dh21", "dh31", "modp2048", "modp1536"))
    ike = proposed(*(f"{cipher}-sha2_256;{next(groups)}" for cipher in ciphers))
    esp = proposed(*(cipher if Proposal(cipher, None, None).is_aead else f"{cipher}-sha1" for cipher in ciphers))
    venue = edited(VENUE, {"ike": ike, "esp": esp.replace(", version: 2", "")})
    write(tmp_path, clients={"acme": CLIENT}, venues={"exchange": venue})
    loads_all(loaded(tmp_path / "clients", tmp_path / "venues", "acme"), release, version)


def loads_all(deployment: Deployment, release: str, version: str) -> None:
    names = [connection.name for connection in deployment.connections]
    deployed = Deployed(
        elastic_ip="203.0.113.7",
        allocation="allocation",
        region="eu-west-2",
        stack="stack",
        resource="Gateway",
        secrets=dict.fromkeys(names, "arn"),
        program=STORED,
    )
    verdict = load_configuration(release, [*render_files(on(release, deployment), deployed), LEFT])
    assert verdict.version == version
    assert verdict.complaints == ""
    assert set(verdict.loaded) == {part for connection in deployment.connections for part in parts(connection)}


def parts(connection: Connection) -> Iterator[str]:
    """As libreswan names each pair of networks, ours first; a number is 0 where there is one network only."""
    ours, theirs = 1 + len(connection.more_networks), len(connection.venue.remote_networks)
    for mine, other in product(_numbers(ours), _numbers(theirs)):
        yield f"{connection.name}/{mine}x{other}" if mine or other else connection.name


def _numbers(count: int) -> range:
    return range(1, count + 1) if count > 1 else range(1)


def test_a_connection_that_the_engine_drops_is_noticed() -> None:
    """The seed's own line: its checker accepts an IKEv1 connection that pluto then does not load."""
    files = [
        File(path="/etc/ipsec.conf", content="include /etc/ipsec.d/*.conf\n"),
        File(
            path="/etc/ipsec.d/seed.conf", content="conn seed\n left=%defaultroute\n right=198.51.100.10\n ikev2=no\n"
        ),
    ]
    verdict = load_configuration("debian-12", files)
    assert "seed" not in verdict.loaded
