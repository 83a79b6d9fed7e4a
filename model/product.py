"""Which version of fixtunnel this is."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

_PROJECT = Path(__file__).parents[1] / "pyproject.toml"


@cache
def version() -> str:
    """The product's version, of pyproject.toml: the one place where it stands."""
    return str(tomllib.loads(_PROJECT.read_text())["project"]["version"])
