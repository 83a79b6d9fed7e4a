"""The servers that a client file names instead of AWS's and Debian's (`services`), at their own addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from localaws.serving.daemon import Daemon
from model.services import HTTP, NTP, Services
from rehearsal.world.image import Archive
from rehearsal.world.network import Namespace

PROXY = "proxy_server"
MIRROR = "mirror_server"


def own_servers(
    services: Services, *, namespace: Namespace, names: Mapping[str, IPv4Address], archive: Archive, run_dir: Path
) -> dict[str, Daemon]:
    """Each but DNS, which is the edge's resolver, by its name. A server without an address is not rehearsed."""
    daemons: dict[str, Daemon] = {}

    def add(name: str, module: str, address: str, *arguments: str) -> None:
        daemons[name] = Daemon(
            name=name,
            module=f"rehearsal.world.edge.{module}",
            namespace=namespace.name,
            address=address,
            run_dir=run_dir,
            arguments=("--name", name, *arguments),
        )

    for n, server in enumerate(services.ntp):
        add(f"time_server{n}", "time_server", f"{server}:{NTP}")
    known = [word for name, address in names.items() for word in ("--known", f"{name}={address}")]
    for where in _by_address(services, "proxy", services.proxy):
        add(PROXY, "proxy_server", where, *known)
    for where in _by_address(services, "apt_mirror", services.apt_mirror):
        add(MIRROR, "archive_server", where, "--plain", "--archive", str(archive.folder))
    return daemons


def _by_address(services: Services, key: str, uri: str | None) -> Iterator[str]:
    if address := services.addresses.get((key,)):
        yield f"{address}:{urlsplit(uri or '').port or HTTP}"
