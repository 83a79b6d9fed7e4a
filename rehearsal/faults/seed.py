"""The article's settings on our gateway, for comparison: changed only where libreswan would not load them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from model.deployment import Connection
from rehearsal.faults.scene import Scene

COMPARED = (1, 2, 3, 4, 5, 6)
# As in the seed, in its order. Changed: leftsubnet (5.x refuses its absence), a network for the bare address (it would
# not be loaded), keyexchange (libreswan takes `ike` for IKEv2), encapsulation for forceencaps (fatal). `dpdaction`
# without timers turns DPD off on every engine; 5.x does not know the word. `left=%defaultroute` was the address that carries
# the Elastic IP; here that is the secondary one. As there, nobody watches.
_SEED = """\
conn {name}
    type=tunnel
    authby=secret
    left={left}
    leftsourceip={own}
    leftsubnet={own}/32
    leftid={own}
    right={peer}
    rightid={peer}
    rightsubnet={network}
    esp=aes192-sha1
    {version}
    ike=aes192-sha1
    salifetime=43200s
    pfs=yes
    auto=start
    encapsulation=yes
"""


def why_not(connection: Connection) -> str:
    """Why a connection cannot be had with the seed's settings, or nothing."""
    if connection.venue.encryption_domain != "elastic-ip" or connection.venue.ike.version != 1:
        return "the seed knows one venue: IKEv1, with the Elastic IP as the encryption domain"
    return ""


@contextmanager
def seeds_settings(scene: Scene) -> Iterator[None]:
    """The seed's connection instead of ours, and no watch, while it is open."""
    path = f"/etc/ipsec.d/{scene.connection.name}.conf"
    ours = scene.machine.read(path)
    scene.on_gateway("systemctl stop fixtunnel-watch.service")
    try:
        _load(scene, path, _seed(scene))
        yield
    finally:
        _load(scene, path, ours)
        scene.on_gateway("systemctl start fixtunnel-watch.service")
        scene.venue.wait_until_up(limit=60)


def _seed(scene: Scene) -> str:
    connection = scene.connection
    return _SEED.format(
        name=connection.name,
        left=scene.stage.instance.secondary_ips[0],
        own=scene.stage.elastic_ip,
        peer=connection.peer.address,
        network=connection.venue.remote_networks[0],
        version="keyexchange=ikev1" if scene.stage.deployment.client.gateway.image == "debian-13" else "ikev2=no",
    )


def begin_anew(scene: Scene) -> None:
    """What a person does who finds a tunnel down that is not watched: restart it by hand."""
    name = scene.connection.name
    both = f"ipsec {{0}} {name} 2>/dev/null || ipsec auto --{{0}} {name}"
    scene.on_gateway(f"({both.format('replace')}); ({both.format('up')})", limit=120, may_fail=True)
    scene.venue.wait_until_up(limit=90)


def _load(scene: Scene, path: str, text: str) -> None:
    scene.machine.write(path, text.encode())
    begin_anew(scene)
