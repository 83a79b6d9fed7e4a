"""A kernel that panicked: the gateway's own, or the emulator's doing."""

from __future__ import annotations

import re

_PANIC = "Kernel panic - not syncing"
# The kernel patches its own text while it runs, and puts a breakpoint there meanwhile. QEMU may run the breakpoint from its
# translation after the kernel has taken it away.
_TRIPPED = "Oops: int3"
_KERNELS = re.compile(r"\[ *\d+\.\d+\] |$")


def panicked(console: str) -> bool:
    """Whether the kernel has given up, by what the console has shown since power-on."""
    return _PANIC in console


def only_kernel(console: str) -> bool:
    """Whether nothing but the kernel has spoken since power-on, in the lines that are whole."""
    whole = console[: console.rfind("\n") + 1]
    return all(_KERNELS.match(line.strip()) for line in whole.splitlines())


def is_emulators(console: str) -> bool:
    """Whether it was QEMU that tripped, and nothing but the kernel had run: then nothing of a gateway was there to be tested."""
    return panicked(console) and _TRIPPED in console and only_kernel(console)
