"""A new client file: its text, with a comment where a choice has consequences."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from model.faults import Fault, InvalidInput, shown
from model.load import load
from model.source import typed_here
from model.values import Name
from model.venue import PeerLabel, Venue
from ops.failure import BadInput
from ops.files.writing import write_new
from ops.files.yamltext import scalar, schema_line
from ops.loading import lacks_only_image

_NAME = TypeAdapter(Name)


@dataclass(frozen=True, kw_only=True)
class Existing:
    """A VPC that is there already."""

    vpc_id: str = ""
    subnet_id: str = ""
    zone: str = ""
    route_tables: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Joined:
    """A venue that the client joins. `peers`: the active one first."""

    venue: Venue
    peers: tuple[PeerLabel, ...] = ("A",)
    local_network: str | None = None
    source_address: str | None = None
    sender_comp_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NewClient:
    """The answers that make a client file."""

    name: str
    venues: tuple[Joined, ...] = ()
    description: str | None = None
    account: str | None = None
    region: str | None = None
    network: Existing | None = None
    trading_hosts: tuple[str, ...] = ()
    instance_type: str | None = None
    image: str | None = None
    alarm_email: str | None = None

    def text(self, folder: Path) -> str:
        """The file, for that folder."""
        lines = [
            schema_line("client", folder),
            f"name: {scalar(self.name)}",
            *_given("description", self.description),
            *_given("account", self.account),
            *_given("region", self.region, "# AWS region; the closer to the venue the better"),
            *self._network(),
            *self._gateway(),
            *self._hosts(),
            "tunnels:",
            *(line for joined in self.venues for peer in joined.peers for line in _tunnel(joined, peer)),
            *_given("alarm_email", self.alarm_email, "# who gets a mail when a tunnel is down"),
            "# When the gateway may restart something that works:",
            'restart_window: {days: [sat], start: "06:00", end: "08:00", timezone: UTC}',
        ]
        return "\n".join(lines) + "\n"

    def _network(self) -> list[str]:
        if self.network is None:
            return []
        tables = ", ".join(map(scalar, self.network.route_tables))
        return [
            "network:                 # the VPC of the trading hosts",
            f"  vpc_id: {scalar(self.network.vpc_id)}",
            f"  subnet_id: {scalar(self.network.subnet_id)}   # public: its default route leads to an internet gateway",
            f"  availability_zone: {scalar(self.network.zone)}",
            *([f"  route_table_ids: [{tables}]   # they get a route to each venue"] if tables else []),
        ]

    def _gateway(self) -> list[str]:
        return [
            "gateway:",
            *_given("  instance_type", self.instance_type),
            f"  image: {scalar(self.image or 'debian-13')}",
            "  # Pin the image (fixtunnel image pin), or an unrelated deploy replaces the gateway:",
            "  # ami: ami-…",
        ]

    def _hosts(self) -> list[str]:
        if not self.trading_hosts:
            return ["# No trading_hosts: the FIX engine runs on the gateway itself."]
        return [f"trading_hosts: [{', '.join(map(scalar, self.trading_hosts))}]   # where the FIX engines are"]


def faults(client: NewClient, *, venues: Path) -> tuple[Fault, ...]:
    """What is wrong with the client as far as it is known, and what is worth a warning."""
    try:
        return _checked(client, Path(), venues)
    except InvalidInput as invalid:
        return invalid.faults


def write(client: NewClient, *, clients: Path, venues: Path) -> tuple[Path, tuple[Fault, ...]]:
    """Write the file, if it is right; return its path, and what is worth a warning in it.

    An image that must be pinned comes as an error among the warnings: `fixtunnel image pin` needs the file to write it.

    Raises:
        BadInput: there is such a client already.
        InvalidInput: the answers have faults; nothing is written.
    """
    warnings = _checked(client, clients, venues)
    refuse_another(client.name, clients)
    path = clients / f"{client.name}.yaml"
    clients.mkdir(parents=True, exist_ok=True)
    write_new(path, client.text(clients).encode())
    return path, warnings


def refuse_another(name: str, folder: Path) -> None:
    """Raises BadInput where the folder has such a file already. An invalid name has no file: it is reported with the others."""
    path = folder / f"{name}.yaml"
    if not wrong_name(name) and path.exists():
        raise BadInput(f"{path} is there already", advice="edit it, or choose another name")


def wrong_name(name: str) -> str:
    """What is wrong with the name of a client or a venue; empty for a good one."""
    try:
        _NAME.validate_python(name)
    except ValidationError as error:
        return error.errors()[0]["msg"]
    return ""


def _checked(client: NewClient, clients: Path, venues: Path) -> tuple[Fault, ...]:
    """By the model's own rules, in a folder of its own: so what is no name of a file must not be the name of this one."""
    wrong, name, path = wrong_name(client.name), client.name, clients / f"{client.name}.yaml"
    if wrong:
        client = replace(client, name="client")
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / f"{client.name}.yaml"
        trial.write_text(client.text(clients), encoding="utf-8")
        try:
            found = load(clients=Path(folder), venues=venues, selected=[client.name], is_deployed=False).warnings
            is_right = True
        except InvalidInput as invalid:
            found, is_right = invalid.faults, lacks_only_image(invalid)
    found = tuple(replace(one, file=typed_here(path)) if one.file == str(trial) else one for one in found)
    if wrong:
        found = (
            Fault(file=typed_here(path), line=2, column=7, key="name", value=shown(name, ("name",)), message=wrong),
            *found,
        )
    if wrong or not is_right:
        raise InvalidInput(found)
    return found


def _given(key: str, value: str | None, comment: str = "") -> list[str]:
    return [f"{key}: {scalar(value)}   {comment}".rstrip()] if value else []


def _tunnel(joined: Joined, peer: PeerLabel) -> list[str]:
    network = scalar(joined.local_network or "")
    domain = {
        "elastic-ip": [f"    local_network: {network}"],  # has no use, and the model says so
        "private": [f"    local_network: {network}   # our own address, by which the venue knows us"],
        "assigned": [f"    local_network: {network}   # the address that the venue assigned"],
    }[joined.venue.encryption_domain]
    is_open = joined.venue.encryption_domain == "assigned" and not joined.local_network
    if is_open:
        domain = ["    # local_network: the venue has not assigned it yet (fixtunnel form asks); deploy needs it"]
    return [
        f"  - venue: {joined.venue.name}",
        *([f"    peer: {peer}"] if len(joined.peers) > 1 or peer != "A" else []),
        *(
            []
            if peer == joined.peers[0]
            else ["    role: standby             # waits, and takes over when the other fails"]
        ),
        *(domain if joined.local_network or is_open else []),
        *_given("    source_address", joined.source_address),
        f"    sender_comp_ids: [{', '.join(map(scalar, joined.sender_comp_ids))}]"
        + ("" if joined.sender_comp_ids else "       # our CompIDs, once the venue has given them"),
    ]
