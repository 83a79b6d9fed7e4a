"""The folders of the files: what names them (a variable, or `fixtunnel.toml`), and the names that stand in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from model import configuration

CLIENTS_DIR, VENUES_DIR = "FIXTUNNEL_CLIENTS_DIR", "FIXTUNNEL_VENUES_DIR"
VARIABLES = {"clients_dir": CLIENTS_DIR, "venues_dir": VENUES_DIR}
"""Each by the key that the CDK context has for the same."""


def named(environment: Mapping[str, str]) -> dict[str, str]:
    """The folders by the context's key, as the environment or `fixtunnel.toml` names them; relative ones start where we are.

    A clone without the file has folders of its own. A wheel has none: there it is `clients` and `venues` where we are.
    """
    configured = configuration.find()
    usual = configured.folders if configured else {} if configuration.is_clone() else _here()
    return {**usual, **_of_variables(environment)}


def namers(environment: Mapping[str, str]) -> dict[str, str]:
    """Who names each of them: a variable, or the file."""
    by_file = dict.fromkeys(VARIABLES if configuration.find() else (), configuration.NAME)
    return {**by_file, **{key: VARIABLES[key] for key in _of_variables(environment)}}


def lacking(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of the folders that nothing names, and that are not here either. A clone has its own."""
    if configuration.is_clone() or configuration.find() or any(Path(folder).is_dir() for folder in _here().values()):
        return ()
    return tuple(key for key in VARIABLES if key not in _of_variables(environment))


def _here() -> dict[str, str]:
    return {key: str(Path(key.removesuffix("_dir")).absolute()) for key in VARIABLES}


def _of_variables(environment: Mapping[str, str]) -> dict[str, str]:
    found = {key: environment.get(variable, "") for key, variable in VARIABLES.items()}
    return {key: str(Path(folder).resolve()) for key, folder in found.items() if folder}


def lack(folder: Path, kind: str) -> str:
    """Why there is no file of this kind (client, venue) in a folder, and what would be right."""
    if folder.is_dir():
        return f"has no {kind} file; name a folder that has one"
    return f"{'is no folder' if folder.exists() else 'does not exist'}; name the folder of the {kind} files"


def file_names(folder: Path) -> list[str]:
    """The clients or venues that have a file there, sorted. A hidden file is an editor's: a lock, or a copy."""
    return sorted(path.stem for path in folder.glob("*.yaml") if not path.name.startswith("."))
