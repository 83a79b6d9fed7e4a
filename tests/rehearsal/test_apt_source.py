"""An operator's apt source, as apt itself reads what is rendered: it gives openswan and nothing else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.literal import deployed, loaded
from tests.unit.model.example import CLIENT, VENUE, edited, write
from userdata.render import render_files

_NEWER = (
    "Version: 99\nArchitecture: all\nMaintainer: a\nDescription: a\nFilename: {0}.deb\nSize: 1\nSHA256: " + "0" * 64
)


@pytest.fixture
def uri(tmp_path: Path) -> Iterator[str]:
    """A source that has openswan, and a newer libc than Debian."""
    index = tmp_path / "source/dists/trixie/main/binary-amd64/Packages"
    index.parent.mkdir(parents=True)
    names = ("openswan", "libc-bin")
    index.write_text("\n\n".join(f"Package: {name}\n{_NEWER.format(name)}" for name in names) + "\n")
    (tmp_path / "source/dists/trixie/Release").write_text("Suite: trixie\nComponents: main\nArchitectures: amd64\n")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "source"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_it_gives_openswan_and_nothing_else(tmp_path: Path, uri: str) -> None:
    apt = Apt(tmp_path, uri)
    apt.run("apt-get", "update", "-o", "Acquire::AllowInsecureRepositories=true", "-o", "APT::Architecture=amd64")
    assert apt.candidate("openswan") == "99"
    assert apt.candidate("libc-bin") == "(none)"


class Apt:
    """Apt with the rendered source alone, in a folder of its own. The test's source is not signed."""

    def __init__(self, folder: Path, uri: str) -> None:
        source = f"{{apt: {{uri: '{uri}', suite: trixie, key: key.asc}}}}"
        text = edited(CLIENT, {"gateway.engine": "openswan", "gateway.openswan": source})
        write(folder, clients={"acme": text}, venues={"exchange": VENUE})
        (folder / "clients/key.asc").write_bytes(b"a public key")
        client = loaded(folder / "clients", folder / "venues", "acme")
        for file in render_files(client, deployed(client)):
            if file.path.startswith("/etc/apt/") and not file.encoding:
                path = folder / "root" / file.path[1:]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(file.content.replace("signed-by=", "trusted=yes signed-by="))
        for name in ("var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg"):
            (folder / "root" / name).mkdir(parents=True)
        (folder / "root/var/lib/dpkg/status").touch()
        self._options = ["-o", f"Dir={folder}/root", "-o", f"Dir::State::status={folder}/root/var/lib/dpkg/status"]
        self._options += ["-o", "APT::Sandbox::User=root", "-o", "APT::Architecture=amd64"]

    def run(self, program: str, *arguments: str) -> str:
        environment = {**os.environ, "LC_ALL": "C", "no_proxy": "127.0.0.1"}
        done = [program, *self._options, *arguments]
        return subprocess.run(done, env=environment, check=True, capture_output=True, text=True).stdout

    def candidate(self, package: str) -> str:
        """The version that apt would install."""
        policy = self.run("apt-cache", "policy", package)
        return policy.partition("Candidate: ")[2].splitlines()[0]
