"""A FIX process behind a unix socket, as the gateway's is behind a serial port; and one that fails."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from model.venue import FixEndpoint
from rehearsal.fix.channel import FixError, GuestLine, LocalProcess, guest_command
from rehearsal.fix.engines import Initiator
from rehearsal.fix.process import FixProcess

ROOT = Path(__file__).parents[3]
ENDPOINT = FixEndpoint(name="primary", host=IPv4Address("127.0.0.1"), port=1, target_comp_id="LSE")


def _serve(listener: socket.socket, started: list[subprocess.Popen[bytes]]) -> None:
    line, _ = listener.accept()
    argv = [sys.executable, "-m", "rehearsal.fix.initiator"]
    started.append(subprocess.Popen(argv, stdin=line.fileno(), stdout=line.fileno(), cwd=ROOT))
    line.close()


def test_the_guests_engine_is_told_over_its_line_and_ends_with_it(tmp_path: Path) -> None:
    started: list[subprocess.Popen[bytes]] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "line"))
        listener.listen()
        server = threading.Thread(target=_serve, args=[listener, started])
        channel = GuestLine(path=tmp_path / "line", launch=server.start)
        with Initiator(endpoint=ENDPOINT, comp_id="ACME", channel=channel, folder=tmp_path / "store") as trader:
            assert trader.account()["sent"] == []
        server.join()
    assert started[0].wait(10) == 0


def test_a_line_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    channel = GuestLine(path=tmp_path / "none", launch=lambda: None)
    with pytest.raises(FixError, match="is the machine running"), FixProcess(name="it", channel=channel, settings={}):
        pass


def test_the_guest_reads_and_writes_one_open_port() -> None:
    assert guest_command("fix.0")[-1].endswith("<>/dev/virtio-ports/fix.0 >&0")


def test_a_process_that_dies_is_reported_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such engine')"]
    channel = LocalProcess(command=command, log=tmp_path / "log")
    with pytest.raises(FixError, match="no such engine"), FixProcess(name="it", channel=channel, settings={}):
        pass


def test_a_process_that_does_not_answer_is_given_up_and_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", 'print(\'{"event": "ready"}\', flush=True); input(); input()']
    channel = LocalProcess(command=command, log=tmp_path / "log")
    with (
        FixProcess(name="it", channel=channel, settings={}) as process,
        pytest.raises(FixError, match=r"gave no `logon` within 0.1 s"),
    ):
        process.wait_for("logon", limit=0.1)
