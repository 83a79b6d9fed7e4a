"""Clients from the files that the command was told to read."""

from __future__ import annotations

from model.deployment import Deployment
from model.faults import InvalidInput, nearest
from model.load import Venues, load
from model.load import load_client as read_client
from ops.failure import BadInput
from ops.settings import Settings


def load_client(settings: Settings, client: str) -> Deployment:
    """One client with its venues. Raises InvalidInput with every fault of the files."""
    return load(clients=settings.clients, venues=settings.venues, selected=[client]).deployments[0]


def client_names(settings: Settings, named: list[str]) -> list[str]:
    """These clients, or all where none is named, whatever is in their files. Raises BadInput where one is none."""
    known = sorted(path.stem for path in settings.clients.glob("*.yaml"))
    for name in named:
        if name not in known:
            raise BadInput(f"{name} is no client", advice=nearest(name, known))
    if not known:
        raise BadInput(f"{settings.clients} has no client file", advice="write one: fixtunnel new")
    return list(dict.fromkeys(named)) or known


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
