"""Clients from the files that the command was told to read."""

from __future__ import annotations

from model.deployment import Deployment
from model.load import load
from ops.settings import Settings


def load_client(settings: Settings, client: str) -> Deployment:
    """One client with its venues. Raises InvalidInput with every fault of the files."""
    return load(clients=settings.clients, venues=settings.venues, selected=[client]).deployments[0]


def load_clients(settings: Settings, clients: list[str]) -> tuple[Deployment, ...]:
    """These clients, or all where none is named. Raises InvalidInput as `load_client` does."""
    return load(clients=settings.clients, venues=settings.venues, selected=clients).deployments
