"""What is known at deployment, as literals of realistic length."""

from __future__ import annotations

from pathlib import Path

from model.deployment import Deployment
from model.load import load
from tests.paths import CLIENTS, STRICT, VENUES
from userdata.contract import LEFT_FILE
from userdata.render import Deployed, File, Object

_ACCOUNT, _REGION = "123456789012", "ap-southeast-2"  # the longest name of a region that many have
PROGRAM = Object(
    bucket=f"cdk-hnb659fds-assets-{_ACCOUNT}-{_REGION}",
    key=f"{'5e' * 32}.gz",
    sha256="5e" * 32,
)

LEFT = File(path=LEFT_FILE, content="conn %default\n    left=%defaultroute\n")
"""What the gateway writes at boot; on a machine that has one address only the seed's own word is right."""


def deployed(deployment: Deployment, *, elastic_ip: str = "203.0.113.107") -> Deployed:
    """As CloudFormation would fill it in: a secret's name has the stack's, the resource's and twelve letters more."""
    client = deployment.client
    package = client.gateway.openswan
    return Deployed(
        elastic_ip=elastic_ip,
        allocation="eipalloc-0a1b2c3d4e5f60718",
        region=_REGION,
        stack=f"fixtunnel-{client.name}",
        resource="Gateway0123456789ab",
        secrets={
            c.name: c.tunnel.secret.arn if c.tunnel.secret else _arn(client.name, c.name)
            for c in deployment.connections
        },
        program=PROGRAM,
        package=PROGRAM if package and package.deb else None,
    )


def example(name: str) -> Deployment:
    """One of the clients in clients/."""
    return loaded(CLIENTS, VENUES, name)


def strict() -> Deployment:
    """A client in an account with every rule that docs/account.md has; the rehearsal boots it."""
    return loaded(STRICT, VENUES, "meridian-strict")


def loaded(clients: Path, venues: Path, name: str) -> Deployment:
    """One client of a folder."""
    (deployment,) = load(clients=clients, venues=venues, selected=(name,)).deployments
    return deployment


def _arn(client: str, tunnel: str) -> str:
    name = f"Psk{''.join(filter(str.isalnum, tunnel))}Secret9F729F9F-{'a1B2c3D4e5F6'}"
    return f"arn:aws:secretsmanager:{_REGION}:{_ACCOUNT}:secret:{name}-AbCdEf"
