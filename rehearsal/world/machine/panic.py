"""A kernel that has given up: the gateway's own, or the emulator's doing."""

from __future__ import annotations

import re

from userdata.contract import LOAD_TUNNELS, said

_PANIC = "Kernel panic - not syncing"
# The kernel patches its own text while it runs, and puts a breakpoint there meanwhile. QEMU may run the breakpoint from its
# translation after the kernel has taken it away: one of some sixty boots with Debian's 7.2. QEMU 10.0 does it too, both
# within 15 s under a guest that flips a static key in a loop. One processor never does, and boots 35 s slower.
_TRIPPED = "Oops: int3"
_KERNELS = re.compile(r"\[ *\d+\.\d+\] |$")
_TUNNELS = said(LOAD_TUNNELS)


def panicked(console: str) -> bool:
    """Whether the kernel has given up, by what the console has shown since power-on."""
    return _PANIC in console


def only_kernel(console: str) -> bool:
    """Whether nothing but the kernel has spoken since power-on, in the lines that are whole.

    systemd's first word is a control sequence, long before its first line.
    """
    whole = console[: console.rfind("\n") + 1]
    return "\x1b" not in console and all(_KERNELS.match(line.strip()) for line in whole.splitlines())


def is_early(console: str) -> bool:
    """Whether no tunnel has been loaded since power-on: then nothing of one was there to be tested."""
    return _TUNNELS not in console


def is_emulators(console: str) -> bool:
    """Whether it was QEMU that tripped, early enough to begin the boot again, as after a power cut."""
    return panicked(console) and _TRIPPED in console and is_early(console)
