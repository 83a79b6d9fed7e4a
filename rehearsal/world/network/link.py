"""A cable between two namespaces (veth(4))."""

from __future__ import annotations

from rehearsal.world.network.namespace import Namespace


def link(*, ends: tuple[Namespace, Namespace], names: tuple[str, str], mtu: int = 1500) -> None:
    """Lay a cable between two namespaces, up at both ends and without addresses. It goes when either namespace goes.

    Args:
        ends: the two namespaces.
        names: the interface's name in each, at most 15 characters.
    """
    one, other = ends
    one.ip(
        *("link", "add", names[0], "mtu", str(mtu), "type", "veth"),
        *("peer", "name", names[1], "mtu", str(mtu), "netns", other.name),
    )
    for space, name in zip(ends, names, strict=True):
        space.ip("link", "set", name, "up")
