"""Whether what is rendered for a client fits: AWS refuses what is larger half-way through a deploy, and CDK does not look."""

from __future__ import annotations

from collections.abc import Iterator

from model.deployment import Deployment
from model.faults import Fault, counted
from model.source import typed_here
from userdata.contract import PairSettings, stack_name
from userdata.operations import MAX_CHARACTERS, render_operations
from userdata.render import MAX_BYTES, Deployed, Object, render

# As long as AWS makes them.
_REGION = "ap-southeast-2"
_BUCKET = f"cdk-hnb659fds-assets-123456789012-{_REGION}"
_OBJECT = Object(bucket=_BUCKET, key=f"{'0' * 64}.gz", sha256="0" * 64)

_PAIR: PairSettings = {
    "partner": f"Gateway{'0' * 12}",
    "key": f"arn:aws:secretsmanager:{_REGION}:123456789012:secret:PairKey{'0' * 8}-{'0' * 12}-{'0' * 6}",
    "claims": False,
}


def check_size(deployment: Deployment) -> list[Fault]:
    """A fault for each text that is larger than AWS takes, with the longest values that deployment can fill in."""
    return [_fault(deployment, message) for message in (*_user_data(deployment), *_operations(deployment))]


def _fault(deployment: Deployment, message: str) -> Fault:
    file = typed_here(deployment.folder / f"{deployment.client.name}.yaml")
    return Fault(file=file, line=1, column=1, key="", value="", message=message)


def _user_data(deployment: Deployment) -> Iterator[str]:
    size = len(render(deployment, _longest(deployment)).encode())
    if size > MAX_BYTES:
        tunnels = len(deployment.connections)
        networks = sum(len(one.venue.remote_networks) for one in deployment.connections)
        package = deployment.client.gateway.openswan
        mapped = (
            ", map networks of hosts, not each host"
            if any(c.tunnel.mapped_hosts for c in deployment.connections)
            else ""
        )
        yield (
            f"makes {size} bytes of user data ({counted(tunnels, 'tunnel')}, {counted(networks, 'remote network')}), "
            f"{size - MAX_BYTES} more than AWS takes; move tunnels to another client file, which is another gateway, write "
            f"adjoining networks as one{mapped}, or take shorter names of tunnels and secrets"
            + (", or an apt key with one public key only" if package and package.apt else "")
        )


def _operations(deployment: Deployment) -> Iterator[str]:
    size = len(render_operations(deployment))
    if size > MAX_CHARACTERS:
        yield (
            f"makes {size} characters of operations, and a parameter takes {MAX_CHARACTERS}; name fewer FIX endpoints, "
            "services and dates in its venues, give them shorter names, or move tunnels to another client file, which is another "
            "gateway"
        )


def _longest(deployment: Deployment) -> Deployed:
    package = deployment.client.gateway.openswan
    return Deployed(
        elastic_ip="255.255.255.255",
        allocation=f"eipalloc-{'0' * 17}",
        region=_REGION,
        stack=stack_name(deployment.client.name),
        resource=f"Gateway{'0' * 12}",
        secrets={c.name: c.tunnel.secret.arn if c.tunnel.secret else _arn(c.name) for c in deployment.connections},
        program=_OBJECT,
        package=_OBJECT if package and package.deb else None,
        assigned="255.255.255.255",
        pair=_PAIR if deployment.client.gateway.standby else None,
    )


def _arn(tunnel: str) -> str:
    """An unnamed secret gets the name of its resource, and twelve and six letters more."""
    return f"arn:aws:secretsmanager:{_REGION}:123456789012:secret:Psk{tunnel}Secret{'0' * 8}-{'0' * 12}-{'0' * 6}"
