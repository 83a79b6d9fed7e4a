"""An operator's apt source, as apt itself reads what is rendered: it gives openswan and nothing else.

Debian's mirror is on the same server, as it is in a firm that mirrors both.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from fixtunnel import openswan
from fixtunnel.command import Failed
from fixtunnel.command import run as really
from tests.literal import deployed, loaded
from tests.unit.model.example import CLIENT, PUBLIC_KEY, VENUE, edited, write
from userdata.render import render_files


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Two sources: the operator's has openswan and a newer libc than Debian's."""
    _source(tmp_path / "served/theirs", {"openswan": "99", "libc-bin": "99"})
    _source(tmp_path / "served/debian", {"libc-bin": "12"})
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def gateway(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    return Gateway(tmp_path, server, monkeypatch)


def test_openswan_comes_from_it(gateway: Gateway) -> None:
    openswan.install(None)
    assert gateway.installed == [str(gateway.folder / "openswan.deb")]
    assert really("dpkg-deb", "--field", gateway.installed[0], "Version").stdout == "99\n"


def test_nothing_else_comes_from_it_and_debian_goes_on(gateway: Gateway) -> None:
    really("apt-get", "update")
    openswan.install(None)
    assert gateway.candidate("libc-bin") == "12"
    assert gateway.candidate("openswan") == ""


def test_a_source_without_the_package_is_named(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openswan, "LIMIT_SECONDS", 0)
    openswan.SOURCE.write_text(openswan.SOURCE.read_text().replace("/theirs", "/debian"))
    with pytest.raises(Failed, match="openswan"):
        openswan.install(None)
    assert gateway.installed == []


class Gateway:
    """Apt with the rendered files, in a folder of its own. The test's sources are not signed."""

    def __init__(self, folder: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "lib"
        self.installed: list[str] = []
        root = folder / "root"
        for name in ("var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg", "etc/apt"):
            (root / name).mkdir(parents=True)
        self.folder.mkdir()
        (root / "var/lib/dpkg/status").touch()
        for path, content in _rendered(folder, f"{server}/theirs").items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content.replace("signed-by=", "trusted=yes signed-by="))
        (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] {server}/debian trixie main\n")
        settings = {
            "Dir": root,
            "Dir::State::status": root / "var/lib/dpkg/status",
            "APT::Sandbox::User": "root",
            "APT::Architecture": "amd64",
            "Acquire::AllowInsecureRepositories": "true",
        }
        (folder / "apt.conf").write_text("".join(f'{name} "{value}";\n' for name, value in settings.items()))
        for name, value in {"APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C", "no_proxy": "127.0.0.1"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(openswan, "SOURCE", root / "etc/fixtunnel/openswan.list")
        monkeypatch.setattr(openswan, "FOLDER", self.folder)
        monkeypatch.setattr(openswan, "_FILE", self.folder / "openswan.deb")
        monkeypatch.setattr(openswan, "run", self._run)

    def _run(self, *argv: str, **how: Any) -> subprocess.CompletedProcess[str]:
        """All but the installation itself, which is this machine's."""
        if "install" in argv:
            self.installed.append(argv[-1])
            return subprocess.CompletedProcess(argv, 0, "", "")
        return really(*argv, **how)

    def candidate(self, package: str) -> str:
        """The version that apt would install; empty for a package that it does not know."""
        return really("apt-cache", "policy", package).stdout.partition("Candidate: ")[2].partition("\n")[0]


def _rendered(folder: Path, uri: str) -> dict[str, str]:
    """The files for apt by their path below the root; not the key."""
    source = f"{{apt: {{uri: '{uri}', suite: trixie, key: key.asc}}}}"
    text = edited(CLIENT, {"gateway.engine": "openswan", "gateway.openswan": source})
    write(folder, clients={"acme": text}, venues={"exchange": VENUE})
    (folder / "clients/key.asc").write_bytes(PUBLIC_KEY)
    client = loaded(folder / "clients", folder / "venues", "acme")
    files = [file for file in render_files(client, deployed(client)) if not file.encoding]
    for_apt = [file for file in files if "/apt/" in file.path or file.path.endswith(".list")]
    return {file.path[1:]: file.content for file in for_apt}


def _source(folder: Path, packages: dict[str, str]) -> None:
    """A source with packages of these versions that hold nothing."""
    index = folder / "dists/trixie/main/binary-amd64/Packages"
    index.parent.mkdir(parents=True)
    (folder / "dists/trixie/Release").write_text("Suite: trixie\nComponents: main\nArchitectures: amd64\n")
    index.write_text("\n".join(_package(folder, name, version) for name, version in packages.items()))


def _package(folder: Path, name: str, version: str) -> str:
    about = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: a\nDescription: a\n"
    control = folder / f"tree-{name}/DEBIAN/control"
    control.parent.mkdir(parents=True)
    control.write_text(about)
    deb = folder / f"{name}_{version}_all.deb"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "0"}
    built = ["dpkg-deb", "--root-owner-group", "--build", str(control.parent.parent), str(deb)]
    subprocess.run(built, check=True, capture_output=True, env=environment)
    content = deb.read_bytes()
    return f"{about}Filename: {deb.name}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
