"""Counts what got past the gateway's own rules: chains behind them, by the mark in each packet."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_RULES = """
table inet witness {
  set entered { type dscp; flags dynamic; size 64; }
  set passed { type dscp; flags dynamic; size 64; }
  chain input {
    type filter hook input priority 300;
    ip dscp != 0 update @entered { ip dscp counter }
  }
  chain forward {
    type filter hook forward priority 300;
    ip dscp != 0 update @passed { ip dscp counter }
  }
}
"""
_COUNTED = re.compile(r"(0x[0-9a-f]+) counter packets (\d+)")
Nft = Callable[[str], str]
"""Runs `nft --numeric -f -` on the gateway on a script, and returns what it prints."""


@dataclass(frozen=True)
class Witness:
    """On a gateway."""

    nft: Nft

    def begin(self) -> None:
        """Count from nothing."""
        self.nft(f"table inet witness\ndelete table inet witness\n{_RULES}")

    def seen(self) -> dict[int, int]:
        """How many packets of each mark entered the gateway or passed it."""
        counts: dict[int, int] = {}
        for name in ("entered", "passed"):
            for mark, packets in _COUNTED.findall(self.nft(f"list set inet witness {name}\n")):
                counts[int(mark, 16)] = counts.get(int(mark, 16), 0) + int(packets)
        return counts
