"""The folders of the files: what names them (a variable, or `fixtunnel.toml`), and the names that stand in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from model import configuration

CLIENTS_DIR, VENUES_DIR = "FIXTUNNEL_CLIENTS_DIR", "FIXTUNNEL_VENUES_DIR"
VARIABLES = {"clients_dir": CLIENTS_DIR, "venues_dir": VENUES_DIR}
"""Each by the key that the CDK context has for the same."""


def named(environment: Mapping[str, str]) -> dict[str, str]:
    """The folders that the environment or `fixtunnel.toml` names, by the context's key; relative ones start where we are."""
    found = {key: environment.get(variable, "") for key, variable in VARIABLES.items()}
    configured = configuration.find()
    told = {key: str(Path(folder).resolve()) for key, folder in found.items() if folder}
    return {**(configured.folders if configured else {}), **told}


def namers(environment: Mapping[str, str]) -> dict[str, str]:
    """Who names each of them: a variable, or the file."""
    return {
        key: VARIABLES[key] if environment.get(VARIABLES[key]) else configuration.NAME for key in named(environment)
    }


def lack(folder: Path, kind: str) -> str:
    """Why there is no file of this kind (client, venue) in a folder, and what would be right."""
    if folder.is_dir():
        return f"has no {kind} file; name a folder that has one"
    return f"{'is no folder' if folder.exists() else 'does not exist'}; name the folder of the {kind} files"


def file_names(folder: Path) -> list[str]:
    """The clients or venues that have a file there, sorted. A hidden file is an editor's: a lock, or a copy."""
    return sorted(path.stem for path in folder.glob("*.yaml") if not path.name.startswith("."))
