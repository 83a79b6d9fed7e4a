"""From files to deployments: every fault of every file at once, or typed objects that need no further check."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from model.client import Client, Tunnel
from model.client_rules import check_client
from model.deployment import Connection, Deployment
from model.faults import Fault, InvalidInput, in_order, nearest
from model.faults import Path as Place
from model.folders import file_names, lack
from model.overrides import NOBODY, Asked, override
from model.reading import Content, plain_key, read_model
from model.rules import Case, is_touched
from model.source import Source, read, typed_here
from model.venue import Venue
from model.venue_rules import check_venue


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What the files say, and what is worth a warning in them."""

    deployments: tuple[Deployment, ...]
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True)
class Surveyed:
    """Every fault of all files, and the clients whose own files, with those of their venues, have no error."""

    sound: tuple[Deployment, ...]
    faults: tuple[Fault, ...]


@dataclass
class Venues:
    """The venue files of a folder, each read once and only when a client names it."""

    folder: Path
    faults: list[Fault] = field(default_factory=list)
    _read: dict[str, Content[Venue] | None] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        """The venues that there are. A folder may have thousands of files, and a client 32 tunnels."""
        return file_names(self.folder)

    def file_of(self, name: str) -> str:
        """The venue's file, as faults name it."""
        return typed_here(self.folder / f"{name}.yaml")

    def get(self, name: str) -> Content[Venue] | None:
        """The venue, with a stand-in for what is faulty in it; its faults are kept in `faults`. None: it cannot be read."""
        if name not in self._read:
            self._read[name] = self._load(self.folder / f"{name}.yaml")
        return self._read[name]

    def _load(self, path: Path) -> Content[Venue] | None:
        try:
            source = read(path)
        except InvalidInput as invalid:
            self.faults.extend(invalid.faults)
            return None
        content = read_model(Venue, source)
        checked = check_venue(content.model, source, content.faulty) if content.model else []
        self.faults.extend([*content.faults, *checked])
        return content


def load(
    *,
    clients: Path,
    venues: Path,
    selected: Iterable[str] = (),
    overrides: Mapping[str, Any] | None = None,
    is_deployed: bool = True,
    origins: Mapping[str, str] | None = None,
) -> Loaded:
    """Load the selected clients (none selected: all) and the venues that they name.

    Args:
        clients: the folder of client files.
        venues: the folder of venue files.
        selected: names of clients.
        overrides: dotted fields with their values, for the one client selected.
        is_deployed: whether each value must be there. Else an address that the venue has to assign may still be open:
            that is a warning, and such a client is no input of `userdata.render`.
        origins: who gave `client`, `clients_dir`, `venues_dir` or an override (`model.givers`): for the faults.

    Raises:
        InvalidInput: with every error and warning of all files.
    """
    found = survey(
        clients=clients,
        venues=venues,
        selected=selected,
        overrides=overrides,
        is_deployed=is_deployed,
        origins=origins,
    )
    if any(map(_is_error, found.faults)):
        raise InvalidInput(found.faults)
    return Loaded(deployments=found.sound, warnings=found.faults)


def survey(
    *,
    clients: Path,
    venues: Path,
    selected: Iterable[str] = (),
    overrides: Mapping[str, Any] | None = None,
    is_deployed: bool = True,
    origins: Mapping[str, str] | None = None,
) -> Surveyed:
    """The same, where one client's faults must not hide what is to be said of another."""
    asked = Asked(origins or {})
    names, faults = _names(clients, tuple(selected), overrides or {}, asked)
    known = Venues(venues)
    deployments: dict[str, Deployment] = {}
    sound: list[Deployment] = []
    for name in names:
        path = clients / f"{name}.yaml"
        deployment, found = load_client(path, known, overrides or {}, is_deployed=is_deployed, asked=asked)
        faults += found
        deployments |= {name: deployment} if deployment else {}
        sound += [deployment] if deployment and not any(map(_is_error, found)) else []
    faults += [*known.faults, *_same_names(deployments.values(), clients), *_same_roles(deployments, clients)]
    if deployments and not known.names:
        faults.append(asked.fault("venues_dir", lack(venues, "venue"), value=typed_here(venues)))
    wrong = {fault.file for fault in known.faults if _is_error(fault)}
    whole = (
        one
        for one in sound
        if _is_whole(one) and not wrong & {known.file_of(tunnel.venue) for tunnel in one.client.tunnels}
    )
    return Surveyed(sound=tuple(whole), faults=in_order(faults))


def _is_error(fault: Fault) -> bool:
    return fault.severity == "error"


def _is_whole(deployment: Deployment) -> bool:
    """Whether each tunnel has its venue: one whose file can't be read is missing there."""
    return len(deployment.connections) == len(deployment.client.tunnels)


def load_client(
    path: Path,
    venues: Venues,
    overrides: Mapping[str, Any],
    *,
    is_deployed: bool = True,
    asked: Asked = NOBODY,
) -> tuple[Deployment | None, list[Fault]]:
    """One client with its venues joined to it, and its faults; those of its venues stay with `venues`.

    The deployment has a stand-in for what is faulty; None where the file is no client at all.
    """
    try:
        source = override(read(path), overrides, asked)
    except InvalidInput as invalid:
        return None, list(invalid.faults)
    content = read_model(Client, source)
    if content.model is None:
        return None, content.faults
    connections, unconnected = _join(content.model, content.places, venues, source)
    joined = tuple(connections.values())
    deployment = Deployment(client=content.model, connections=joined, folder=path.parent, faulty=content.faulty)
    is_whole = not (content.faults or unconnected) and len(joined) == len(content.model.tunnels)
    case = Case(deployment, source, tuple(connections), is_whole=is_whole, is_deployed=is_deployed)
    return deployment, content.faults + unconnected + check_client(case)


class _Unconnected(Exception):
    """A tunnel names a venue or a peer that is not there."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        self.message = message
        super().__init__(message)


def _join(
    client: Client, faulty: Collection[Place], venues: Venues, source: Source
) -> tuple[dict[Place, Connection], list[Fault]]:
    """The connection of each tunnel, as far as its venue and its peer are said."""
    connections: dict[Place, Connection] = {}
    faults: list[Fault] = []
    for index, tunnel in enumerate(client.tunnels if ("tunnels",) not in faulty else ()):
        path = ("tunnels", index)
        keys = {plain_key(("tunnel", *one[2:])) for one in faulty if one[:2] == path}
        if keys & {"tunnel", "tunnel.venue"}:
            continue
        try:
            connection = _connect(tunnel, venues, has_peer="tunnel.peer" not in keys)
        except _Unconnected as unconnected:
            faults.append(source.fault((*path, unconnected.key), unconnected.message))
        else:
            connections |= {path: replace(connection, faulty=connection.faulty | keys)} if connection else {}
    return connections, faults


def _connect(tunnel: Tunnel, venues: Venues, *, has_peer: bool) -> Connection | None:
    """None where its file, or the venue's, does not rightly say which gateway: that has a fault of its own."""
    if tunnel.venue not in venues.names:
        raise _Unconnected("venue", f"is not a venue; {nearest(tunnel.venue, venues.names)}")
    content = venues.get(tunnel.venue)
    if content is None or content.model is None or not has_peer:
        return None
    venue, faulty = content.model, content.faulty
    peer = venue.peers.get(tunnel.peer)
    if peer is None and is_touched(f"peers.{tunnel.peer}", faulty):
        return None
    if peer is None:
        labels = ", ".join(venue.peers.labels)
        raise _Unconnected("peer", f"is no gateway of {tunnel.venue}; it has {labels}")
    return Connection(tunnel=tunnel, venue=venue, peer=peer, faulty=frozenset(f"venue.{key}" for key in faulty))


def _names(
    clients: Path, selected: tuple[str, ...], overrides: Mapping[str, Any], asked: Asked
) -> tuple[list[str], list[Fault]]:
    known = file_names(clients)
    if not known:
        return [], [asked.fault("clients_dir", lack(clients, "client"), value=typed_here(clients))]
    missing = [name for name in selected if name not in known]
    faults = [asked.fault("client", f"is not a client; {nearest(name, known)}", value=name) for name in missing]
    names = [name for name in dict.fromkeys(selected) if name in known] if selected else known
    if overrides and len(selected) != 1:
        message = "is given for one client at a time; select it with -c client=NAME"
        return [], [*faults, *(asked.of_field(tuple(key.split(".")), key, message) for key in overrides)]
    return names, faults


def _same_names(deployments: Iterable[Deployment], clients: Path) -> list[Fault]:
    """Two clients of one name would share a stack, and the second deploy would replace the first's gateway."""
    names = [deployment.client.name for deployment in deployments if "name" not in deployment.faulty]
    doubled = sorted({name for name in names if names.count(name) > 1})
    message = "is the name of two clients in this folder; one stack for each name"
    file = typed_here(clients)
    return [Fault(file=file, line=0, column=0, key="name", value=repr(name), message=message) for name in doubled]


def _same_roles(deployments: Mapping[str, Deployment], clients: Path) -> Iterator[Fault]:
    """An account has one role of a name; path, region and capitals make no other (IAM API Reference, CreateRole).

    Files that name no account may be of two: that is a warning.
    """
    named = {
        file: (one.client.role.name, one.client.account)
        for file, one in deployments.items()
        if one.client.role.name and not any(is_touched(key, one.faulty) for key in ("role.name", "account"))
    }
    for file, (role, account) in named.items():
        same = {
            other: its_account
            for other, (name, its_account) in named.items()
            if other != file
            and name.lower() == role.lower()
            and (its_account == account or not (its_account and account))
        }
        if not same:
            continue
        is_sure = account is not None and account in same.values()
        message = (
            f"is the role's name of {', '.join(sorted(same))} too; an account has one of a name, whatever path and region: "
            + ("choose another" if is_sure else "choose another, or write account into each file if they are of two")
        )
        severity = "error" if is_sure else "warning"
        yield read(clients / f"{file}.yaml").fault(("role", "name"), message, severity=severity)
