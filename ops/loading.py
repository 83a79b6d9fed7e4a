"""Clients from the folders that the command reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from model import configuration
from model.deployment import Deployment
from model.faults import Fault, InvalidInput, nearest
from model.folders import file_names, lack
from model.load import Venues, load
from model.load import load_client as read_client
from model.source import typed_here
from ops.failure import BadInput
from ops.options import Settings


def load_client(settings: Settings, client: str) -> Deployment:
    """One client with its venues. Raises InvalidInput with every fault of the files."""
    return _loaded(settings, client, is_deployed=True)


def load_undeployed(settings: Settings, client: str) -> Deployment:
    """As `load_client`, where nothing is deployed of it: the venue may still have to assign our address."""
    return _loaded(settings, client, is_deployed=False)


def _loaded(settings: Settings, client: str, *, is_deployed: bool) -> Deployment:
    loaded = load(
        clients=settings.clients,
        venues=settings.venues,
        selected=[client],
        is_deployed=is_deployed,
        origins=settings.origins,
    )
    return loaded.deployments[0]


def client_names(settings: Settings, named: list[str]) -> list[str]:
    """These clients, or all where none is named, whatever is in their files. Raises BadInput where one is none."""
    known = file_names(settings.clients)
    if not known:
        what, _, advice = lack(settings.clients, "client").partition("; ")
        named_by = settings.origins.get("clients_dir", "")
        whose = f" ({named_by})" if named_by else ""
        raise BadInput(f"{settings.clients}{whose} {what}", advice=f"{advice}, or write one: fixtunnel new")
    for name in named:
        if name not in known:
            raise BadInput(f"{name} is not a client", advice=nearest(name, known))
    return list(dict.fromkeys(named)) or known


def is_before_the_first_client(settings: Settings) -> bool:
    """Whether there are venues, and no client yet. If an option or a variable names an empty folder, it is the wrong one."""
    is_named = settings.origins.get("clients_dir", configuration.NAME) != configuration.NAME
    is_empty = settings.clients.is_dir() and not file_names(settings.clients)
    return is_empty and not is_named and bool(file_names(settings.venues))


def load_readable(settings: Settings, name: str) -> tuple[Deployment, tuple[Fault, ...]]:
    """What can be read of a client, or of a venue as a plain client would join it; and the errors in the files.

    The deployment has a stand-in for what is faulty. Raises InvalidInput where there is nothing to look at.
    """
    venues = Venues(settings.venues)
    clients = file_names(settings.clients)
    if name not in (*clients, *venues.names):
        raise BadInput(f"{name} is neither a client nor a venue", advice=nearest(name, {*clients, *venues.names}))
    if name in clients:
        deployment, faults = read_client(settings.clients / f"{name}.yaml", venues, {}, is_deployed=False)
    else:
        with TemporaryDirectory() as folder:
            path = Path(folder, f"{name}.yaml")
            path.write_text(f"name: {name}\ntunnels: [{{venue: {name}}}]\n", encoding="utf-8")
            deployment, faults = read_client(path, venues, {}, is_deployed=False)
        # Of such a client only what it says of the venue counts, and it is no file of anybody's.
        venue = typed_here(settings.venues / f"{name}.yaml")
        faults = [replace(fault, file=venue, line=0, key="") for fault in faults if fault.key.endswith(".venue")]
    errors = tuple(fault for fault in (*venues.faults, *faults) if fault.severity == "error")
    if deployment is None or not deployment.connections:
        raise InvalidInput(errors)
    return deployment, errors


def load_unpinned(settings: Settings, client: str) -> Deployment:
    """One client whose image is about to be written: that it has none is no fault here. Raises InvalidInput for others."""
    try:
        return load_undeployed(settings, client)
    except InvalidInput as invalid:
        if not lacks_only_image(invalid):
            raise
    path, venues = settings.clients / f"{client}.yaml", Venues(settings.venues)
    deployment, _told = read_client(path, venues, {}, is_deployed=False)
    assert deployment is not None
    return deployment


def lacks_only_image(invalid: InvalidInput) -> bool:
    """Whether nothing is wrong but that `gateway.ami` is still to be written."""
    errors = [fault for fault in invalid.faults if fault.severity == "error"]
    return all(fault.key == "gateway.ami" and "is not pinned" in fault.message for fault in errors)
