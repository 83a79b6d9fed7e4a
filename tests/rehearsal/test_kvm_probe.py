"""Whoever is interrupted while it is seen whether KVM works leaves no QEMU behind, however that one hangs. Linux."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.paths import ROOT

HANGING_QEMU = '#!/bin/sh\necho $$ > "{pid}.new" && mv "{pid}.new" "{pid}"\nexec sleep 120\n'
ASKING = """
from pathlib import Path
from rehearsal.world.machine import qemu
qemu._KVM = Path("/dev/null")
qemu.accelerator(Path("vmlinux"))
"""
LIMIT = 30.0


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}/exe").exists()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "killed"])
def test_nothing_is_left(tmp_path: Path, ending: signal.Signals) -> None:
    pid, qemu = tmp_path / "pid", tmp_path / "qemu-system-x86_64"
    qemu.write_text(HANGING_QEMU.format(pid=pid))
    qemu.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    asking = subprocess.Popen([sys.executable, "-c", ASKING], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    end = time.monotonic() + LIMIT
    while not pid.exists():
        assert time.monotonic() < end, "the look for KVM did not begin"
        time.sleep(0.05)
    asking.send_signal(ending)
    asking.wait(LIMIT)
    while is_running(int(pid.read_text())):
        assert time.monotonic() < end + LIMIT, "QEMU is still there"
        time.sleep(0.1)
