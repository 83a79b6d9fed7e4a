"""Whether KVM works here: a device file alone says nothing."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

_KVM = Path("/dev/kvm")
_LIMIT_S = 8


@cache
def accelerator(kernel: Path) -> str:
    """`kvm` if this very kernel starts under it within a few seconds, else `tcg`.

    The kernel finds no disk, panics, and QEMU ends: where KVM is there but hangs or aborts, that does not happen.
    """
    if not os.access(_KVM, os.R_OK | os.W_OK):
        return "tcg"
    probe = [
        # It must end where this process was killed (its own limit), and where Ctrl-C has ended the one with the limit.
        *("timeout", "--signal=KILL", str(_LIMIT_S), "setpriv", "--pdeathsig", "KILL"),
        *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-machine", "pc,accel=kvm", "-cpu", "host", "-smp", "2", "-m", "256", "-serial", "stdio"),
        *("-kernel", str(kernel), "-append", "console=ttyS0 panic=-1"),
    ]
    try:
        done = subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * _LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return "tcg"
    return "kvm" if done.returncode == 0 and b"Unable to mount root" in done.stdout else "tcg"
