"""`python app.py` as a process of its own, as the CDK's command line starts it: offline, and without a secret."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.paths import ROOT

CANARY = "canary-psk-7Yq3vZk9Wm2x"
# A network of its own in which every address of the world is this host, so that whatever is sent is counted.
OFFLINE = (
    'ip link set lo up && ip route add local default dev lo && "$@"; status=$?; grep lo: /proc/net/dev; exit $status'
)


@dataclass(frozen=True)
class Synthesis:
    """How it ended, and what it left."""

    status: int
    out: str
    err: str
    folder: Path


def _offline() -> list[str]:
    """Without root by a user namespace, where the machine lets us."""
    prefix = ["unshare", "--net", "--map-root-user", "sh", "-c", OFFLINE, "sh"]
    able = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if able else []


@pytest.fixture(scope="module")
def synthesis(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    folder = tmp_path_factory.mktemp("out")
    environment = {
        **os.environ,
        "CDK_OUTDIR": str(folder),
        "CDK_CONTEXT_JSON": json.dumps({"client": "lse-proquote"}),
        "CDK_VALIDATION": "false",
        "PSK": CANARY,
        "FIXTUNNEL_PSK": CANARY,
        "AWS_SECRET_ACCESS_KEY": CANARY,
    }
    command = [*_offline(), sys.executable, str(ROOT / "app.py")]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    return Synthesis(done.returncode, done.stdout, done.stderr, folder)


def test_ends_well(synthesis: Synthesis) -> None:
    assert synthesis.status == 0, synthesis.err
    assert (synthesis.folder / "fixtunnel-lse-proquote.template.json").exists()
    assert "Traceback" not in synthesis.err


@pytest.mark.skipif(not _offline(), reason="needs `unshare --net --map-root-user`")
def test_no_network_call(synthesis: Synthesis) -> None:
    assert _sent_packets(synthesis.out) == 0


@pytest.mark.skipif(not _offline(), reason="needs `unshare --net --map-root-user`")
def test_a_network_call_would_be_seen() -> None:
    call = "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))"
    done = subprocess.run([*_offline(), sys.executable, "-c", call], capture_output=True, text=True, check=True)
    assert _sent_packets(done.stdout) > 0


def _sent_packets(out: str) -> int:
    """The tenth number of a line of /proc/net/dev (proc(5))."""
    line = next(line for line in out.splitlines() if line.strip().startswith("lo:"))
    return int(line.partition(":")[2].split()[9])


def test_no_secret_in_what_is_written(synthesis: Synthesis) -> None:
    files = [path for path in synthesis.folder.rglob("*") if path.is_file()]
    assert len(files) >= 4
    for content in [synthesis.out.encode(), synthesis.err.encode(), *(path.read_bytes() for path in files)]:
        for layer in _layers(content):
            assert not [form for form in FORMS if form in layer]


def test_the_forms_find_it() -> None:
    """The look itself: raw, in base64 at each of its three offsets, compressed, and compressed in an archive."""
    hidden = [b"x" * n + CANARY.encode() + b"tail" for n in range(3)]
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        entry = tarfile.TarInfo("x")
        entry.size = len(hidden[0])
        tar.addfile(entry, io.BytesIO(hidden[0]))
    for content in [*hidden, *map(base64.b64encode, hidden), gzip.compress(hidden[0]), archive.getvalue()]:
        assert any(form in layer for layer in _layers(content) for form in FORMS)


def _forms(secret: bytes) -> Iterator[bytes]:
    yield secret
    for offset in range(3):
        # Without the signs at the ends, which depend on the neighbours.
        yield base64.b64encode(b"x" * offset + secret)[4:].rstrip(b"=")[:-2]


FORMS = tuple(_forms(CANARY.encode()))


def _layers(content: bytes) -> Iterator[bytes]:
    yield content
    if content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)


def test_faults_end_with_status_2() -> None:
    """And with no traceback: before anything is synthesised."""
    environment = {**os.environ, "CDK_CONTEXT_JSON": json.dumps({"client": "lse-proqoute"})}
    done = subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr == "-c: error: client: 'lse-proqoute' is not a client; did you mean 'lse-proquote'?\n"
