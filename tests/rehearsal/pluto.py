"""The real libreswan of a release, as a client behind the edge: what it logs when a negotiation fails.

The host's kernel has no ESP, so a tunnel never comes up; but every refusal comes before that.
"""

from __future__ import annotations

import base64
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model.client import Client, Tunnel
from model.deployment import Connection, Deployment
from model.venue import Venue
from rehearsal.engine_room import _root as root
from rehearsal.world.network import Namespace
from tests.rehearsal.standin import ELASTIC_IP
from userdata.render import Deployed, Object, render_files

_SCRIPT = Path(__file__).with_name("pluto.sh")


def words(
    namespace: Namespace, venue: Venue, *, release: str, psk: str, identity: str | None = None, seconds: float = 3
) -> list[str]:
    """Let the release's libreswan, configured as a gateway of ours, initiate to the venue's gateway A; return its log.

    `identity` is ours where it is not the Elastic IP.
    """
    connection = Connection(tunnel=Tunnel(venue=venue.name), venue=venue, peer=venue.peers.A)
    with _files(connection, release, psk, identity or str(ELASTIC_IP)) as etc:
        unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
        argv = [
            *namespace.prefix,
            *unshare,
            "sh",
            str(_SCRIPT),
            str(root(release)),
            str(etc),
            connection.name,
            str(seconds),
        ]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if f'"{connection.name}"' in line]


@contextmanager
def _files(connection: Connection, release: str, psk: str, identity: str) -> Iterator[Path]:
    client = Client.model_validate(
        {"name": "client", "gateway": {"image": release}, "tunnels": [connection.tunnel.model_dump()]}
    )
    deployment = Deployment(client=client, connections=(connection,), folder=Path("/"))
    program = Object(bucket="bucket", key="key", sha256="0")
    values = Deployed(
        elastic_ip=str(ELASTIC_IP),
        region="eu-west-2",
        stack="stack",
        resource="resource",
        secrets={connection.name: "arn"},
        program=program,
    )
    with tempfile.TemporaryDirectory(prefix="fixtunnel-pluto-") as folder:
        for file in render_files(deployment, values):
            path = Path(folder) / file.path.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content.replace(f"leftid={ELASTIC_IP}", f"leftid={identity}"))
        secret = f"{identity} {connection.peer.identity} : PSK 0s{base64.b64encode(psk.encode()).decode()}\n"
        (Path(folder) / f"etc/ipsec.d/{connection.name}.secrets").write_text(secret)
        yield Path(folder) / "etc"
