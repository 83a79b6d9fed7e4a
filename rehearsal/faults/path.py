"""Bad days of the path between the gateway and the venue."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene


@fault(5, "nat-mapping-lost", "NAT mapping lost, new source port", goal=10)
def nat_mapping_lost(scene: Scene) -> Iterator[None]:
    scene.edge.forget_mappings()
    yield


@fault(6, "path-black-20s", "path black for 20 s", holds=20, goal=10)
def path_black(scene: Scene) -> Iterator[None]:
    with scene.edge.black_hole():
        yield


@fault(7, "loss-10-percent", "10 % of all packets lost for 30 s", holds=30)
def loss_of_a_tenth(scene: Scene) -> Iterator[None]:
    with scene.edge.lose(percent=10):
        yield


@fault(7, "loss-20-percent", "20 % of all packets lost for 30 s", holds=30)
def loss_of_a_fifth(scene: Scene) -> Iterator[None]:
    with scene.edge.lose(percent=20):
        yield
