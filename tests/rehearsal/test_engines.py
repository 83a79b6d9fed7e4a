"""The rendered configuration, loaded by the real engine of each release: any complaint is a failure."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from model.deployment import Connection, Deployment
from model.load import load
from tests.literal import LEFT
from tests.ops.translations import TRANSLATIONS, Translation
from tests.paths import CLIENTS, VENUES
from tests.rehearsal.pluto import load_configuration
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
