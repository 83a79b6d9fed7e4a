"""The values that decide what a deploy does, as a table in the stack's template: `plan` compares it with the files of now.

Values are resolved: defaults filled in, a peer's identity where the file leaves it to the address, of a file its checksum.
Only those are in it whose change does something (`model.effects`). No secret is among them.

The table is the template's Metadata. CloudFormation does not update that by itself, which suits it: what changes nothing
is in no row. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/metadata-section-structure.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from model.client import Client
from model.deployment import Connection, Deployment
from model.effects import Effect, of_client, of_venue
from model.venue import Venue

_KEY = "fixtunnel"
"""The table's key in the Metadata of a template."""
Value = str | bool | int | list[str]
Rows = Mapping[str, Value]
"""Values by their dotted keys in a file."""


class Table(BaseModel):
    """The rows of the client and of each of its venues, and the SHA-256 of the gateway's program.

    Another version's may have more: that is left out.
    """

    model_config = ConfigDict(frozen=True)

    client: Rows
    venues: Mapping[str, Rows]
    program: str


def table(deployment: Deployment, *, program: bytes) -> Table:
    """The table of a deployment."""
    return Table(
        client=_client(deployment),
        venues={venue.name: _venue(venue, deployment) for venue in deployment.venues},
        program=hashlib.sha256(program).hexdigest(),
    )


def metadata(found: Table) -> dict[str, Any]:
    """The table as a template's Metadata."""
    return {_KEY: found.model_dump()}


def read_table(metadata: Any) -> Table | None:
    """The table in a template's Metadata; None where an earlier version deployed it, or something else wrote there."""
    try:
        return Table.model_validate(metadata[_KEY])
    except (KeyError, TypeError, ValidationError):
        return None


def _client(deployment: Deployment) -> Rows:
    """Without the image: that is compared with what the instance runs. With another name, account or region it is another
    stack.
    """
    client = deployment.client
    data = client.model_dump(mode="json", by_alias=True)
    data = {key: value for key, value in data.items() if key not in ("name", "account", "region")}
    data["gateway"] |= {"ami": None, "openswan": _package(client, deployment.folder)}
    data["tunnels"] = [
        {**tunnel, **_of_connection(connection)}
        for tunnel, connection in zip(data["tunnels"], deployment.connections, strict=True)
    ]
    return {key: value for key, value in _flat(data) if of_client(key) != Effect.NONE}


def _of_connection(connection: Connection) -> dict[str, str | None]:
    resolved = {"local_network": connection.local_network, "source_address": connection.source_address}
    return {"name": connection.name, **{key: str(value) if value else None for key, value in resolved.items()}}


def _package(client: Client, folder: FilePath) -> dict[str, Any]:
    """Of a file its content counts, wherever it lies."""
    package = client.gateway.openswan
    deb = _checksum(folder / package.deb) if package and package.deb else None
    apt = {**package.apt.model_dump(), "key": _checksum(folder / package.apt.key)} if package and package.apt else None
    return {"deb": deb, "apt": apt}


def _checksum(path: FilePath) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def _venue(venue: Venue, deployment: Deployment) -> Rows:
    """Of its gateways those to which the client has a tunnel."""
    peers = {c.tunnel.peer: c.peer for c in deployment.connections if c.venue.name == venue.name}
    addresses = {label: {"address": str(peer.address), "id": peer.identity} for label, peer in peers.items()}
    data = {**venue.model_dump(mode="json", by_alias=True, exclude={"name"}), "peers": addresses}
    return {key: value for key, value in _flat(data) if of_venue(key) != Effect.NONE}


def _flat(data: Any, holder: str = "") -> Iterator[tuple[str, Value]]:
    """Each value with its key; a list of plain values is one value. What is not there has no row."""
    if isinstance(data, list) and any(isinstance(one, dict) for one in data):
        data = dict(enumerate(data))
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _flat(value, f"{holder}.{key}" if holder else str(key))
    elif data is not None and data != []:
        yield holder, data
