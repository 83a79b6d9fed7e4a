"""Values as the text of a new file: YAML that can be nothing but what was answered."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from model.source import typed
from ops.options import PROJECT

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@+-]*(;[a-z0-9]+)?", re.ASCII)


def scalar(value: object) -> str:
    """One value; text is plain where that can be nothing but this text, else in quotes. JSON's strings are YAML's."""
    if not isinstance(value, str):
        return json.dumps(value)
    is_plain = _PLAIN.fullmatch(value) and typed(value) == value
    return value if is_plain else json.dumps(value)


def flow(value: Any) -> str:
    """Plain data on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {flow(one)}' for key, one in value.items())}}}"
    return f"[{', '.join(map(flow, value))}]" if isinstance(value, list | tuple) else scalar(value)


def schema_line(name: str, folder: Path) -> str:
    """What tells an editor the schema: that beside the folder, which `fixtunnel init` put there; else the program's own."""
    folder, file = folder.resolve(), f"{name}.schema.json"
    beside = folder.parent / "schema" / file
    schema = beside if beside.exists() else PROJECT / "model" / "schema" / file
    return f"# yaml-language-server: $schema={os.path.relpath(schema, folder)}"
