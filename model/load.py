"""From files to deployments: every fault of every file at once, or typed objects that need no further check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.client import Client
from model.client_rules import check_client
from model.deployment import Connection, Deployment
from model.faults import Fault, InvalidInput, nearest
from model.overrides import override
from model.reading import read_model
from model.source import Source, read
from model.venue import Venue
from model.venue_rules import check_venue


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What the files say, and what is worth a warning in them."""

    deployments: tuple[Deployment, ...]
    warnings: tuple[Fault, ...]


@dataclass
class Venues:
    """The venue files of a folder, each read once and only when a client names it."""

    folder: Path
    faults: list[Fault] = field(default_factory=list)
    _read: dict[str, Venue | None] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The venues that there are."""
        return _stems(self.folder)

    def get(self, name: str) -> Venue | None:
        """The venue, or None where it has faults; they are kept in `faults`."""
        if name not in self._read:
            self._read[name] = self._load(self.folder / f"{name}.yaml")
        return self._read[name]

    def _load(self, path: Path) -> Venue | None:
        try:
            source = read(path)
        except InvalidInput as invalid:
            self.faults.extend(invalid.faults)
            return None
        venue, faults = read_model(Venue, source)
        self.faults.extend(faults if venue is None else check_venue(venue, source))
        return venue


def load(
    *, clients: Path, venues: Path, selected: Iterable[str] = (), overrides: Mapping[str, Any] | None = None
) -> Loaded:
    """Load the selected clients (none selected: all) and the venues that they name.

    Args:
        clients: the folder of client files.
        venues: the folder of venue files.
        selected: names of clients.
        overrides: dotted fields with their values, for the one client selected.

    Raises:
        InvalidInput: with every error and warning of all files.
    """
    names, faults = _names(clients, tuple(selected), overrides or {})
    known = Venues(venues)
    deployments: list[Deployment] = []
    for name in names:
        deployment, found = load_client(clients / f"{name}.yaml", known, overrides or {})
        faults += found
        deployments += [deployment] if deployment else []
    faults += [*known.faults, *_same_names(deployments, clients)]
    if any(fault.severity == "error" for fault in faults):
        raise InvalidInput(faults)
    return Loaded(deployments=tuple(deployments), warnings=tuple(faults))


def load_client(path: Path, venues: Venues, overrides: Mapping[str, Any]) -> tuple[Deployment | None, list[Fault]]:
    """One client with its venues joined to it, or None, and its faults; those of its venues stay with `venues`."""
    try:
        source = override(read(path), overrides)
    except InvalidInput as invalid:
        return None, list(invalid.faults)
    client, faults = read_model(Client, source)
    if client is None:
        return None, faults
    connections, faults = _join(client, venues, source)
    if len(connections) < len(client.tunnels):
        return None, faults
    deployment = Deployment(client=client, connections=tuple(connections), folder=path.parent)
    return deployment, faults + check_client(deployment, source)


def _join(client: Client, venues: Venues, source: Source) -> tuple[list[Connection], list[Fault]]:
    connections: list[Connection] = []
    faults: list[Fault] = []
    for index, tunnel in enumerate(client.tunnels):
        path = ("tunnels", index)
        if tunnel.venue not in venues.names:
            faults.append(source.fault((*path, "venue"), f"is no venue; {nearest(tunnel.venue, venues.names)}"))
        elif venue := venues.get(tunnel.venue):
            if peer := venue.peers.get(tunnel.peer):
                connections.append(Connection(tunnel=tunnel, venue=venue, peer=peer))
            else:
                message = f"is no peer of {venue.name}; it has {', '.join(venue.peers.labels)}"
                faults.append(source.fault((*path, "peer"), message))
    return connections, faults


def _names(clients: Path, selected: tuple[str, ...], overrides: Mapping[str, Any]) -> tuple[list[str], list[Fault]]:
    known = _stems(clients)
    if not known:
        return [], [_asked("clients_dir", str(clients), "has no client file; name the folder with -c clients_dir=…")]
    missing = [name for name in selected if name not in known]
    faults = [_asked("client", name, f"is no client; {nearest(name, known)}") for name in missing]
    names = [name for name in dict.fromkeys(selected) if name in known] if selected else known
    if overrides and len(selected) != 1:
        message = "is given for one client at a time; select it with -c client=NAME"
        return [], [*faults, *(_asked(key, "", message) for key in overrides)]
    return names, faults


def _asked(key: str, value: str, message: str) -> Fault:
    return Fault(file="-c", line=0, column=0, key=key, value=repr(value) if value else "", message=message)


def _stems(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yaml"))


def _same_names(deployments: list[Deployment], clients: Path) -> list[Fault]:
    """Two clients of one name would share a stack, and the second deploy would replace the first's gateway."""
    first: dict[str, str] = {}
    faults: list[Fault] = []
    for deployment in deployments:
        name = deployment.client.name
        if name in first:
            faults.append(_asked("name", name, f"is the name of two clients in {clients}; one stack for each name"))
        first[name] = name
    return faults
