"""The Debian image that the gateway runs: pin the running one, or take the newest."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import typer

from model.deployment import Deployment
from ops.aws import Account, Image, open_account
from ops.console import aside, note, show, show_json
from ops.deploying.downtime import REPLACEMENT_SECONDS
from ops.failure import BadInput
from ops.files.editing import pin as write_pin
from ops.loading import load_unpinned
from ops.options import AsJson, ClientName, Settings
from ops.output import Pinned


def pin(context: typer.Context, client: ClientName, *, as_json: AsJson = False) -> None:
    """Write the image that the gateway runs into the client file.

    So an unrelated deploy does not replace the gateway. Where none is deployed yet, the newest is written.
    """
    _refuse_invented(context.obj)
    deployment = load_unpinned(context.obj, client)
    account = open_account(context.obj, deployment)
    running = _running(account, deployment)
    if running is None:
        note(f"{client} is not deployed: the newest image is taken")
    image = running or _newest(account, deployment)
    with aside(as_json=as_json):
        _write(context.obj, deployment, image, "running" if running else "newest")
    if as_json:
        _show_json(context.obj, deployment, image, running)


def update(context: typer.Context, client: ClientName, *, as_json: AsJson = False) -> None:
    """Write the newest image of the client's Debian release into the client file, and say what that changes."""
    _refuse_invented(context.obj)
    deployment = load_unpinned(context.obj, client)
    account = open_account(context.obj, deployment)
    newest, running = _newest(account, deployment), _running(account, deployment)
    with aside(as_json=as_json):
        _write(context.obj, deployment, newest, "newest")
        _show_beside(newest, running, client)
    if as_json:
        _show_json(context.obj, deployment, newest, running)


def _show_beside(newest: Image, running: Image | None, client: str) -> None:
    if running and running.id == newest.id:
        show("The gateway runs it already: a deploy changes nothing.")
    elif running:
        show(f"The gateway runs {_described(running)}.")
        show(
            f"The next deploy replaces the gateway: the tunnels are down for about {REPLACEMENT_SECONDS} s. "
            f"Look first: fixtunnel plan {client}"
        )


def _show_json(settings: Settings, deployment: Deployment, image: Image, running: Image | None) -> None:
    client, was = deployment.client.name, deployment.client.gateway.ami or ""
    file, made = str(_file(settings, deployment)), str(image.made or "")
    about = {"image": image.id, "name": image.name, "made": made, "was": was}
    show_json(asdict(Pinned(client=client, file=file, replaces=bool(running and running.id != image.id), **about)))


def _file(settings: Settings, deployment: Deployment) -> Path:
    return settings.clients / f"{deployment.client.name}.yaml"


def _refuse_invented(settings: Settings) -> None:
    if settings.stand_in:
        what = f"nothing was written: the images of {settings.stand_in} are invented, and the client file is for AWS"
        raise BadInput(what, advice="ask AWS: leave --rehearsal and --local out")


def _running(account: Account, deployment: Deployment) -> Image | None:
    stack = account.find_stack(deployment.client.name)
    instance = account.instance(stack.instance_id) if stack and stack.instance_id else None
    if instance is None:
        return None
    gone = Image(id=instance.image_id, name="no longer offered", made=None, architecture="")
    return account.image(instance.image_id) or gone


def _newest(account: Account, deployment: Deployment) -> Image:
    gateway = deployment.client.gateway
    return account.newest_image(gateway.image, gateway.architecture)


def _write(settings: Settings, deployment: Deployment, image: Image, what: str) -> None:
    client, path = deployment.client, _file(settings, deployment)
    if image.architecture and image.architecture != client.gateway.architecture:
        raise BadInput(f"{image.id} is for {image.architecture}, and {client.gateway.instance_type} is not")
    if client.gateway.ami == image.id:
        show(f"{path} has {_described(image)} already")
        return
    today = datetime.now(UTC).date().isoformat()
    write_pin(path, image.id, f"{what} on {today}" + (f": {image.name}" if image.name else ""))
    was = f" (was {client.gateway.ami})" if client.gateway.ami else ""
    show(f"{path}: ami: {_described(image)}{was}")


def _described(image: Image) -> str:
    about = ", ".join(part for part in (image.name, image.made and f"made on {image.made}") if part)
    return f"{image.id} ({about})" if about else image.id


VERBS = {
    "pin": (pin, "fixtunnel image pin acme"),
    "update": (update, "fixtunnel image update acme"),
}
