"""What will stand on a gateway, with references where the deployed gateway has values: the PSK is in none of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from model.deployment import Deployment
from userdata.contract import stack_name
from userdata.program import FOLDER, archive, mode
from userdata.render import Deployed, File, Object, render, render_files

_SHOWN_OF_PROGRAM = ("etc/sysctl.d/60-fixtunnel.conf",)
"""What of the program's archive takes the place of a line of the article: the rest is the program itself."""


def deployed(
    deployment: Deployment, *, elastic_ip: str | None = None, secrets: Mapping[str, str] | None = None
) -> Deployed:
    """What the renderer needs to know; a name in angle brackets for each thing that is not known yet."""
    client, own = deployment.client, deployment.client.gateway.elastic_ip
    known = dict(secrets or {})
    for connection in deployment.connections:
        given = connection.tunnel.secret.arn if connection.tunnel.secret else None
        known.setdefault(connection.name, given or f"<secret of {connection.name}>")
    return Deployed(
        elastic_ip=elastic_ip or (str(own.address) if own else "<elastic-ip>"),
        region=client.region or "<region>",
        stack=stack_name(client.name),
        resource="<logical id>",
        secrets=known,
        program=Object(bucket="<assets>", key="<program>", sha256=hashlib.sha256(archive()).hexdigest()),
        package=_package(deployment),
    )


def _package(deployment: Deployment) -> Object | None:
    package = deployment.client.gateway.openswan
    if not package or not package.deb:
        return None
    sha256 = hashlib.sha256((deployment.folder / package.deb).read_bytes()).hexdigest()
    return Object(bucket="<assets>", key="<openswan package>", sha256=sha256)


def user_data(deployment: Deployment, values: Deployed) -> str:
    """The whole `#cloud-config`."""
    return render(deployment, values)


def files(deployment: Deployment, values: Deployed) -> list[File]:
    """Each file that a person would want to read: the engine's, the firewall's, the settings, the sysctls."""
    rendered = render_files(deployment, values)
    program = [_of_program(path) for path in _SHOWN_OF_PROGRAM]
    return [*rendered[:2], *_secrets(deployment, values), *rendered[2:], *program]


def _of_program(path: str) -> File:
    source = FOLDER / path
    return File(path=f"/{path}", content=source.read_text(), mode=f"{mode(source):04o}")


def _secrets(deployment: Deployment, values: Deployed) -> list[File]:
    """The files that the gateway writes at boot, with a reference in the place of the PSK."""
    return [
        File(
            path=f"/etc/ipsec.d/{connection.name}.secrets",
            content=f"{values.elastic_ip} {connection.peer.identity} : PSK <{values.secrets[connection.name].strip('<>')}>\n",
            mode="0600",
        )
        for connection in deployment.connections
    ]
