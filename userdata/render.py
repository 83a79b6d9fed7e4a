"""The gateway's user data: one pure function from a client to one `#cloud-config` text."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from model.deployment import Connection, Deployment
from model.identity import as_engines_read
from model.services import Services
from userdata import contract
from userdata.program import mode
from userdata.shipped import shipped

_START = Path(__file__).parent / "start"
# Each release's libreswan, by its first number: 5 took other names for some keys, and warns of the old ones.
_LIBRESWAN = {"debian-12": 4, "debian-13": 5}
MAX_BYTES = 16384  # AWS: "User data is limited to 16 KB, in raw form, before it is base64-encoded"


@dataclass(frozen=True, kw_only=True)
class Object:
    """A file in S3, with the SHA-256 of its content in hexadecimal."""

    bucket: str
    key: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What is known only when the stack is deployed. Each may be a CDK token: never parse, measure or hash one.

    `allocation` is the Elastic IP's, `secrets` has the ARN of each tunnel's secret by the tunnel's name. `resource` is the
    instance's logical id, `program` what runs on the gateway (`userdata.program`), `package` the operator's OpenSwan package.
    `assigned` stands for the address that a venue has not assigned yet: only where the result is shown, never deployed. `pair`
    is for each of two gateways.
    """

    elastic_ip: str
    allocation: str
    region: str
    stack: str
    resource: str
    secrets: Mapping[str, str]
    program: Object
    package: Object | None = None
    assigned: str = ""
    pair: contract.PairSettings | None = None


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of the instance."""

    path: str
    content: str
    mode: str = "0644"
    encoding: str = ""


def render(deployment: Deployment, deployed: Deployed) -> str:
    """The user data: the engine's files as a person would write them, the settings, and what runs on the gateway."""
    return _template("cloud-config.yaml").render(
        client=deployment.client.name,
        files=render_files(deployment, deployed),
        services=deployment.client.services,
    )


def render_files(deployment: Deployment, deployed: Deployed) -> list[File]:
    """The files that the user data writes."""
    facts = _facts(deployment)
    return [
        File(path="/etc/ipsec.conf", content=_ipsec_conf(facts, deployed)),
        File(path="/etc/ipsec.secrets", content="include /etc/ipsec.d/*.secrets\n", mode="0600"),
        *(_connection_file(connection, deployed, facts) for connection in deployment.connections),
        File(path="/etc/fixtunnel/guard.nft", content=_guard(deployment, deployed)),
        File(path=contract.SETTINGS_FILE, content=_settings(deployment, deployed)),
        *_apt_files(deployment),
        *_service_files(deployment.client.services),
        *_start_files(),
    ]


def _ipsec_conf(facts: Mapping[str, Any], deployed: Deployed) -> str:
    return _template("ipsec.conf").render(facts, elastic_ip=deployed.elastic_ip, left_file=contract.LEFT_FILE)


def _facts(deployment: Deployment) -> dict[str, Any]:
    gateway = deployment.client.gateway
    return {
        "engine": gateway.engine,
        "ike": sorted({venue.ike.version for venue in deployment.venues}),
        "is_pair": gateway.standby is not None,
        "libreswan": _LIBRESWAN[gateway.image] if gateway.engine == "libreswan" else None,
    }


def _connection_file(connection: Connection, deployed: Deployed, facts: Mapping[str, Any]) -> File:
    content = _template("connection.conf").render(
        facts,
        ike=connection.venue.ike,
        esp=connection.venue.esp,
        dpd=connection.venue.dpd,
        local_networks=_local_networks(connection, deployed),
        tunnel=_tunnel(connection, deployed),
    )
    return File(path=f"/etc/ipsec.d/{connection.name}.conf", content=content)


def _own(connection: Connection, deployed: Deployed) -> str:
    return str(connection.source_address or _known_by(connection, deployed))


def _local_networks(connection: Connection, deployed: Deployed) -> list[str]:
    """Our encryption domain. In the first one is the address that the gateway owns."""
    first = connection.local_network or f"{_known_by(connection, deployed)}/32"
    return [str(network) for network in (first, *connection.more_networks)]


def _known_by(connection: Connection, deployed: Deployed) -> str:
    """The address as which the venue knows us, where the files say none: never the Elastic IP instead of another."""
    # `model.load` refuses an open address where something is deployed.
    assert deployed.assigned or not connection.awaits_address
    return deployed.assigned if connection.awaits_address else deployed.elastic_ip


def _guard(deployment: Deployment, deployed: Deployed) -> str:
    """The client's part of the firewall. The tunnels of a group have the same encryption domains, so its first speaks."""
    firsts = [group[0] for group in deployment.groups.values()]
    translations = [
        {
            "remote": first.venue.remote_networks,
            "local_networks": _local_networks(first, deployed),
            "mapped": first.tunnel.mapped_hosts,
            "own": _own(first, deployed),
        }
        for first in firsts
    ]
    mtu = min(one.inner_mtu() for venue in deployment.venues for one in venue.esp.proposals)
    return _template("guard.nft").render(
        remote=deployment.remote_networks,
        translations=translations,
        mss=mtu - 40,
        trading_hosts=bool(deployment.client.trading_hosts),
    )


def _settings(deployment: Deployment, deployed: Deployed) -> str:
    settings: contract.GatewaySettings = {
        "client": deployment.client.name,
        "stack": deployed.stack,
        "resource": deployed.resource,
        "region": deployed.region,
        "elastic_ip": deployed.elastic_ip,
        "allocation": deployed.allocation,
        "engine": deployment.client.gateway.engine,
        "program": _stored(deployed.program),
        "package": _stored(deployed.package) if deployed.package else None,
        "tunnels": [_tunnel(connection, deployed) for connection in deployment.connections],
    }
    if group := deployment.client.log_group:
        settings["log_group"] = group
    if deployed.pair:
        settings["pair"] = deployed.pair
    # A line for each setting and each tunnel: to be read, in as few bytes as that takes.
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in settings.items() if key != "tunnels"]
    tunnels = ",\n  ".join(map(json.dumps, settings["tunnels"]))
    return "{" + ",\n ".join([*lines, f'"tunnels": [\n  {tunnels}\n ]']) + "}\n"


def _stored(one: Object) -> contract.StoredFile:
    return {"bucket": one.bucket, "key": one.key, "sha256": one.sha256}


def _tunnel(connection: Connection, deployed: Deployed) -> contract.TunnelSettings:
    settings: contract.TunnelSettings = {
        "name": connection.name,
        "peer": str(connection.peer.address),
        "right_id": as_engines_read(connection.peer.identity),
        "own": _own(connection, deployed),
        "remote": [str(network) for network in connection.venue.remote_networks],
        "ike": connection.venue.ike.version,
        "group": connection.venue.name,
        "active": connection.is_active,
        "secret": deployed.secrets[connection.name],
    }
    if len(networks := _local_networks(connection, deployed)) > 1:
        settings["local"] = networks
    if connection.secret_key:
        settings["key"] = connection.secret_key
    if connection.tunnel.local_id:
        settings["left_id"] = as_engines_read(connection.tunnel.local_id)
    return settings


def _apt_files(deployment: Deployment) -> list[File]:
    """The operator's apt source, signed by the key that lies beside the client file. `fixtunnel.openswan` asks it alone."""
    package = deployment.client.gateway.openswan
    if not package or not package.apt:
        return []
    apt = package.apt
    key = f"/etc/apt/keyrings/fixtunnel{Path(apt.key).suffix}"
    source = f"deb [signed-by={key}] {apt.uri} {apt.suite} {apt.component}\n"
    return [
        File(path="/etc/fixtunnel/openswan.list", content=source),
        _key_file(deployment.folder / apt.key, key),
    ]


def _service_files(services: Services) -> list[File]:
    """The firm's own DNS, time, archive and proxy, where Debian's images look: resolved.conf(5), timesyncd.conf(5), the lists of
    mirrors that its cloud images name in their sources, and systemd-system.conf(5)."""
    texts = {
        # The routing domain makes it ask them alone, whatever DHCP names.
        "systemd/resolved.conf.d/70-fixtunnel.conf": ("[Resolve]\nDNS={}\nDomains=~.\n", services.dns),
        "systemd/timesyncd.conf.d/70-fixtunnel.conf": ("[Time]\nNTP={}\n", services.ntp),
        "systemd/system.conf.d/70-fixtunnel.conf": ("[Manager]\nDefaultEnvironment={}\n", services.environment),
        "apt/mirrors/debian.list": ("{}\n", services.apt_mirror),
        "apt/mirrors/debian-security.list": ("{}-security\n", services.apt_mirror),
    }
    return [
        File(path=f"/etc/{path}", content=text.format(one if isinstance(one, str) else " ".join(map(str, one))))
        for path, (text, one) in texts.items()
        if one
    ]


def _start_files() -> list[File]:
    """What fetches the rest: `start/` mirrors the instance's file system."""
    return [
        File(path=f"/{path.relative_to(_START)}", content=_bare(path.read_text()), mode=f"{mode(path):04o}")
        for path in shipped(_START)
    ]


def _bare(text: str) -> str:
    """Without its comments and empty lines: they are for who reads the source, and user data has 16 KB for all."""
    lines = [re.sub(r"(?<=\S)  # .*", "", line) for line in text.splitlines()]
    return "".join(
        f"{line}\n" for line in lines if line and (not line.lstrip().startswith("#") or line.startswith("#!"))
    )


def _key_file(path: Path, to: str) -> File:
    return File(path=to, content=base64.b64encode(path.read_bytes()).decode("ascii"), encoding="b64")


@cache
def _environment() -> Environment:
    folder = Path(__file__).parent / "templates"
    # Text for an engine, not for a browser: escaping would break it, and model.values accepts nothing that needs it.
    loader = FileSystemLoader(folder)
    return Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701


def _template(name: str) -> Template:
    return _environment().get_template(f"{name}.j2")
