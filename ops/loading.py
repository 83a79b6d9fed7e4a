"""Clients from the files that the command was told to read."""

from __future__ import annotations

from model.deployment import Deployment
from model.faults import InvalidInput
from model.load import Venues, load
from model.load import load_client as read_client
from ops.settings import Settings


def load_client(settings: Settings, client: str) -> Deployment:
    """One client with its venues. Raises InvalidInput with every fault of the files."""
    return load(clients=settings.clients, venues=settings.venues, selected=[client]).deployments[0]


def load_clients(settings: Settings, clients: list[str]) -> tuple[Deployment, ...]:
    """These clients, or all where none is named. Raises InvalidInput as `load_client` does."""
    return load(clients=settings.clients, venues=settings.venues, selected=clients).deployments


def load_unpinned(settings: Settings, client: str) -> Deployment:
    """One client whose image is about to be written: that it has none is no fault here. Raises InvalidInput for others."""
    try:
        return load_client(settings, client)
    except InvalidInput as invalid:
        if not lacks_only_image(invalid):
            raise
    deployment, _told = read_client(settings.clients / f"{client}.yaml", Venues(settings.venues), {})
    assert deployment is not None
    return deployment


def lacks_only_image(invalid: InvalidInput) -> bool:
    """Whether nothing is wrong but that `gateway.ami` is still to be written."""
    errors = [fault for fault in invalid.faults if fault.severity == "error"]
    return all(fault.key == "gateway.ami" and "is not pinned" in fault.message for fault in errors)
