"""What the gateway's own program and this side must agree on: one module, shipped to the gateway and imported here."""

from __future__ import annotations

import sys
from pathlib import Path

_PROGRAM = str(Path(__file__).parent / "files/usr/lib/fixtunnel")
if _PROGRAM not in sys.path:
    sys.path.append(_PROGRAM)

from fixtunnel import keyed  # noqa: E402 - it is found by the path above

__all__ = ["keyed"]
