"""Checking files: every fault that the model finds, and advice about what works and is weak."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from model.deployment import Deployment
from model.faults import Fault, InvalidInput, nearest
from model.load import Venues, load
from model.source import read
from ops.failure import BadInput
from ops.files.advice import advise_client, advise_venue


def check_files(files: Sequence[str], *, clients: Path, venues: Path) -> list[Fault]:
    """Every fault and all advice, each once; no file: all clients, with the venues that they name.

    Raises:
        BadInput: a name is neither a file nor a client.
    """
    if not files:
        return _unique(_check_clients(clients, venues, ()))
    paths = [_path(name, clients, venues) for name in files]
    ours = [path for path in paths if not _is_venue(path)]
    found: list[Fault] = []
    for folder in dict.fromkeys(path.parent for path in ours):
        found += _check_clients(folder, venues, [path.stem for path in ours if path.parent == folder])
    for path in paths:
        found += _check_venue(path) if _is_venue(path) else []
    return _unique(found)


def _path(name: str, clients: Path, venues: Path) -> Path:
    candidates = [Path(name), *(folder / f"{name}.yaml" for folder in (clients, venues))]
    for path in candidates:
        if path.is_file():
            return path
    known = {path.stem for folder in (clients, venues) for path in folder.glob("*.yaml")}
    raise BadInput(f"{name} is neither a file nor a client nor a venue", advice=nearest(name, known))


def _is_venue(path: Path) -> bool:
    """A venue has gateways of its own, a client has tunnels: so a venue file may lie anywhere."""
    try:
        data = read(path).data
    except InvalidInput:
        return path.parent.name == "venues"
    return isinstance(data, dict) and "tunnels" not in data and ("peers" in data or path.parent.name == "venues")


def _check_clients(clients: Path, venues: Path, names: Sequence[str]) -> list[Fault]:
    try:
        loaded = load(clients=clients, venues=venues, selected=names, is_deployed=False)
    except InvalidInput as invalid:
        return list(invalid.faults)
    advice = [fault for one in loaded.deployments for fault in _advice(one, clients, venues)]
    return [*loaded.warnings, *advice]


def _advice(deployment: Deployment, clients: Path, venues: Path) -> Iterable[Fault]:
    client = deployment.client
    yield from advise_client(client, read(clients / f"{client.name}.yaml"))
    for venue in deployment.venues:
        yield from advise_venue(venue, read(venues / f"{venue.name}.yaml"))


def _check_venue(path: Path) -> list[Fault]:
    known = Venues(path.parent)
    venue = known.get(path.stem)
    is_whole = not any(fault.severity == "error" for fault in known.faults)
    return [*known.faults, *(advise_venue(venue, read(path)) if venue and is_whole else [])]


def _unique(faults: Iterable[Fault]) -> list[Fault]:
    """Each once (a venue of two clients is read twice), by file and line, errors first in a line."""
    return sorted(dict.fromkeys(faults), key=lambda one: (one.file, one.line, one.column, one.severity))
