"""A server process of the rehearsal lives and dies with who started it, and never hangs on an emulator that is gone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from localaws.front import Front
from localaws.iam.gate import Gate
from localaws.iam.role import RoleKey
from localaws.iam.signature import Arrived
from localaws.metadata.service import Metadata
from localaws.serving.backend import Backend
from localaws.serving.daemon import DaemonFailed
from tests.unit.rehearsal.embedded import REGION
from tests.unit.rehearsal.test_signature import HOST, signed


def metadata(folder: Path) -> Metadata:
    return Metadata(
        namespace=None,
        address="127.0.0.1:0",
        emulator_socket=folder / "no.sock",
        instance_id="i-1",
        region=REGION,
        run_dir=folder,
    )


def test_it_ends_at_sigterm_and_leaves_no_mark(tmp_path: Path) -> None:
    with metadata(tmp_path):
        assert (tmp_path / "metadata.ready").exists()
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert not (tmp_path / "metadata.ready").exists()


def test_it_says_why_it_did_not_start(tmp_path: Path) -> None:
    service = metadata(tmp_path)
    with (
        pytest.raises(DaemonFailed, match="metadata ended at once"),
        Metadata(
            namespace=None,
            address="192.0.2.1:1",
            emulator_socket=tmp_path / "no.sock",
            instance_id="i-1",
            region=REGION,
            run_dir=tmp_path,
        ),
    ):
        pass
    assert "Cannot assign requested address" in service.log.read_text()


def test_a_death_on_the_way_is_told(tmp_path: Path) -> None:
    service = metadata(tmp_path)
    with pytest.raises(DaemonFailed, match="metadata was killed"), service:
        os.kill(service.process_id, signal.SIGKILL)
        until(lambda: not alive(service.process_id))


def test_it_does_not_outlive_a_rehearsal_that_was_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tests.unit.rehearsal.test_server_life import metadata\n"
        "with metadata(Path(sys.argv[1])) as service: print(service.process_id, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    server = int(starter.stdout.readline())
    starter.kill()
    starter.communicate()
    until(lambda: not alive(server))


def test_an_emulator_that_is_gone_or_silent_is_a_503(tmp_path: Path) -> None:
    key = RoleKey(tmp_path / "role.key")
    request = signed(key.issue(role="gateway", instance_id="i-1"))
    assert answer(request, tmp_path) == 503
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "aws.sock"))
        silent.listen()
        assert answer(request, tmp_path) == 503


def answer(request: Arrived, folder: Path) -> int:
    backend = Backend(path=folder / "aws.sock", region=REGION, patience_s=0.2)
    gate = Gate(backend=backend, region=REGION, key_file=folder / "role.key")
    assert request.host == HOST
    return gate.open(request).answer().status


def alive(process_id: int) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition: Callable[[], bool], *, limit_s: float = 5.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {limit_s:g} s"
        time.sleep(0.02)


def test_the_front_keeps_its_key_to_itself(front: Front, folder: Path) -> None:
    assert (folder / "front.key").stat().st_mode & 0o777 == 0o600
