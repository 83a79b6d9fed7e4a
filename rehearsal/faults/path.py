"""Bad days of the path between the gateway and the venue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address

from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene
from rehearsal.world.network import Namespace
from rehearsal.world.network.noise import NOISE, captured

STRANGER = IPv4Address("198.51.100.99")
_EACH = 100
_LISTEN_S = 12.0


@fault(
    5,
    "nat-mapping-lost",
    "NAT mapping lost, new source port",
    goal=10,
    afterwards=lambda scene: scene.edge.keep_ports(),
)
def nat_mapping_lost(scene: Scene) -> Iterator[None]:
    scene.edge.forget_mappings()
    yield


@fault(6, "path-black-20s", "path black for 20 s", holds=20, goal=10)
def path_black(scene: Scene) -> Iterator[None]:
    with scene.edge.black_hole():
        yield


@fault(6, "answers-lost-60s", "what the venue sends is lost for 60 s, what we send arrives", holds=60, part="slow")
def answers_lost(scene: Scene) -> Iterator[None]:
    with scene.edge.lose(percent=100, ways=("in",)):
        yield


@fault(7, "loss-10-percent", "10 % of all packets lost for 30 s", holds=30)
def loss_of_a_tenth(scene: Scene) -> Iterator[None]:
    with scene.edge.lose(percent=10):
        yield


@fault(7, "loss-20-percent", "20 % of all packets lost for 30 s", holds=30)
def loss_of_a_fifth(scene: Scene) -> Iterator[None]:
    with scene.edge.lose(percent=20):
        yield


@fault(
    21,
    "noise",
    f"{_EACH} each of garbage, spoofed and replayed packets on UDP 500 and 4500, from the peer and elsewhere",
)
def noise(scene: Scene) -> Iterator[None]:
    peer, own = scene.connection.peer.address, scene.stage.elastic_ip
    heard = scene.stage.run_dir / "heard.pcap"
    with scene.edge.capture(heard, interface=scene.stage.port.tap, expression=f"udp and src host {peer}"):
        scene.hold(_LISTEN_S)
    replayed = captured(heard, source=peer, target=own, most=_EACH)
    with ExitStack() as places:
        elsewhere = places.enter_context(Namespace(f"ft{scene.stage.run_id}-noise"))
        scene.edge.attach_peer(namespace=elsewhere, address=STRANGER)
        for place, source in ((scene.venue_namespace, peer), (elsewhere, STRANGER), (elsewhere, peer)):
            place.run(*NOISE, str(source), str(own), str(_EACH), stdin=replayed, limit=60)
        scene.desk.steady(limit=30)
    yield


FAULTS = (
    nat_mapping_lost,
    path_black,
    answers_lost,
    loss_of_a_tenth,
    loss_of_a_fifth,
    noise,
)
