"""The article's files with its variables filled in, and nothing else changed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from localaws.program import RehearsalFailed
from rehearsal.world.machine import Machine
from rehearsal.world.stage import Stage
from userdata.render import File

_IPSEC_CONF = """\
version 2.0

config setup
    nat_traversal=yes
    protostack=netkey
    virtual_private=%v4:10.0.0.0/8,%v4:172.16.0.0/12,%v4:192.168.0.0/16,%v4:!192.168.5.0/24
    oe=off

include /etc/ipsec.d/*.conf
"""
_CONNECTION = """\
conn LSE_Proquote
    type=tunnel
    authby=secret
    left=%defaultroute
    leftsourceip={elastic_ip}
    leftid={elastic_ip}
    leftnexthop=%defaultroute
    right={peer}
    rightid={peer}
    rightsubnet={inside}
    esp=aes192-sha1
    keyexchange=ike
    ike=aes192-sha1
    salifetime=43200s
    pfs=yes
    auto=start
    dpdaction=restart
    forceencaps=yes
"""
_SECRETS = '{elastic_ip} {peer}: PSK "{psk}"\n'
_ENGINE_LIMIT = 120.0


class ScriptFailed(RehearsalFailed):
    """The engine did not start on what the script wrote: its words."""


def files_of_the_script(*, elastic_ip: IPv4Address, peer: IPv4Address, inside: IPv4Network, psk: str) -> list[File]:
    """What the script writes for the engine; its sysctls are ours too. `inside` is "<proquote internal ip>"."""
    values = {"elastic_ip": elastic_ip, "peer": peer, "inside": inside, "psk": psk}
    return [
        File(path="/etc/ipsec.conf", content=_IPSEC_CONF),
        File(path="/etc/ipsec.d/LSE_Proquote.conf", content=_CONNECTION.format(**values)),
        File(path="/etc/ipsec.secrets", content=_SECRETS.format(**values), mode="0600"),
    ]


def take_literally(stage: Stage) -> None:
    """On a gateway that has booted: our watch stopped, the script's files instead of ours, the engine restarted.

    Raises:
        ScriptFailed: the engine does not start.
    """
    connection = stage.deployment.connections[0]
    files = files_of_the_script(
        elastic_ip=stage.elastic_ip,
        peer=connection.peer.address,
        inside=connection.venue.remote_networks[0],
        psk=stage.psks[connection.name].decode(),
    )
    _sh(stage.machine, "systemctl stop fixtunnel-watch ipsec; rm -f /etc/ipsec.d/*.conf /etc/ipsec.d/*.secrets")
    for file in files:
        # umask: no moment in which somebody else could read the PSK.
        stage.machine.write(file.path, file.content.encode())
        _sh(stage.machine, f"chmod {file.mode} {file.path}")
    _sh(stage.machine, "systemctl start ipsec")


def _sh(machine: Machine, command: str) -> None:
    done = machine.run(["/bin/sh", "-c", command], limit=_ENGINE_LIMIT)
    if done.status:
        raise ScriptFailed(f"`{command}` ended with {done.status}: {(done.stderr or done.stdout).strip()}")
