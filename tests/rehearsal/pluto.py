"""The real libreswan of a release, in a root file system of its own: does it load what we render, and what does it log?

libreswan's package conflicts with strongSwan's, which the rehearsal's venue needs, so it never goes onto the host. pluto
runs in namespaces that end with it. Root only. The host's kernel has no ESP, so a tunnel never comes up; but every refusal
comes before that.
"""

from __future__ import annotations

import base64
import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from model.client import Client, Tunnel
from model.deployment import Connection, Deployment
from model.identity import as_engines_read
from model.venue import Venue
from rehearsal.world.network import Namespace
from tests.literal import LEFT
from tests.paths import ROOT
from tests.rehearsal.standin import ELASTIC_IP
from userdata.render import Deployed, File, Object, render_files

_SUITES = {"debian-12": "bookworm", "debian-13": "trixie"}
_CACHE = ROOT / ".cache" / "engines"
_SCRIPT = Path(__file__).with_name("pluto.sh")
_MIRROR = "http://deb.debian.org/debian"
_OWN = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private")


@dataclass(frozen=True)
class Verdict:
    """What the engine said. `loaded` are the connections that pluto knows (of several networks each pair, as `name/1x2`).

    `complaints` is all that it wrote to stderr.
    """

    version: str
    loaded: tuple[str, ...]
    complaints: str


def load_configuration(release: str, files: Iterable[File]) -> Verdict:
    """Let the release's libreswan read these files, and pluto load every connection in them, in a network of its own.

    Raises:
        RuntimeError: the root file system could not be made, or pluto did not start.
    """
    with tempfile.TemporaryDirectory(prefix="fixtunnel-pluto-") as folder:
        done = _run((*_OWN, "--net"), release, _written(Path(folder), files))
    version, *loaded = done.stdout.splitlines()
    return Verdict(version=version, loaded=tuple(loaded), complaints=done.stderr.strip())


def words(
    namespace: Namespace, venue: Venue, *, release: str, psk: str, identity: str | None = None, seconds: float = 3
) -> list[str]:
    """Let the release's libreswan, configured as a gateway of ours, initiate to the venue's gateway A; return its log.

    `identity` is ours where it is not the Elastic IP.
    """
    tunnel = Tunnel(venue=venue.name, local_id=identity)
    with _files(Connection(tunnel=tunnel, venue=venue, peer=venue.peers.A), release, psk) as etc:
        done = _run((*namespace.prefix, *_OWN), release, etc, venue.connection, str(seconds))
    return [line for line in done.stdout.splitlines() if f'"{venue.connection}"' in line]


@contextmanager
def _files(connection: Connection, release: str, psk: str) -> Iterator[Path]:
    client = Client.model_validate(
        {"name": "client", "gateway": {"image": release}, "tunnels": [connection.tunnel.model_dump()]}
    )
    deployment = Deployment(client=client, connections=(connection,), folder=Path("/"))
    program = Object(bucket="bucket", key="key", sha256="0")
    values = Deployed(
        elastic_ip=str(ELASTIC_IP),
        allocation="allocation",
        region="eu-west-2",
        stack="stack",
        resource="resource",
        secrets={connection.name: "arn"},
        program=program,
    )
    with tempfile.TemporaryDirectory(prefix="fixtunnel-pluto-") as folder:
        etc = _written(Path(folder), [*render_files(deployment, values), LEFT])
        ids = (connection.tunnel.local_id or values.elastic_ip, connection.peer.identity)
        secret = f"{' '.join(map(as_engines_read, ids))} : PSK 0s{base64.b64encode(psk.encode()).decode()}\n"
        (etc / f"ipsec.d/{connection.name}.secrets").write_text(secret)
        yield etc


def _written(folder: Path, files: Iterable[File]) -> Path:
    """Their `etc`."""
    for file in files:
        path = folder / file.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content)
    return folder / "etc"


def _run(inside: tuple[str, ...], release: str, etc: Path, *what: str) -> subprocess.CompletedProcess[str]:
    argv = [*inside, "sh", str(_SCRIPT), str(_root(release)), str(etc), *what]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"pluto of {release} did not start: {done.stderr or done.stdout}")
    return done


def _root(release: str) -> Path:
    """The root file system, made once. A half-made one never gets its name."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    root = _CACHE / release
    with (_CACHE / f"{release}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            _make(_SUITES[release], root)
    return root


def _make(suite: str, root: Path) -> None:
    new = root.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    packages = "--include=libreswan,iproute2"
    done = subprocess.run(
        ["mmdebstrap", "--variant=apt", packages, suite, str(new), _MIRROR],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"mmdebstrap of {suite} failed: {done.stderr[-2000:]}")
    new.rename(root)
