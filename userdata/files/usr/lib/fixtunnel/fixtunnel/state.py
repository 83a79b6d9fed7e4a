"""What the gateway knows of itself, for people and for the operator's command: /run/fixtunnel/state.json."""

import json
import os
import time
from pathlib import Path
from typing import Any

from fixtunnel.contract import STATE_FILE, Booting, Watching

FILE = Path(STATE_FILE)


def write(content: Booting | Watching, path: Path = FILE) -> None:
    """Replace the state in one step, so that a reader never sees half of it. Every user may read it: no secret is in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o755)
    new = path.with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps({"time": int(time.time()), **content}, separators=(",", ":")))
    new.chmod(0o644)
    new.replace(path)


def read(path: Path = FILE) -> dict[str, Any]:
    """The state, empty where there is none yet."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
        return content
    except (OSError, ValueError):
        return {}
