"""Networks that others are compared with: a look-up takes as long, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network


class Networks:
    """A set that is asked what a network overlaps."""

    def __init__(self, networks: Iterable[IPv4Network] = ()) -> None:
        self._own: set[IPv4Network] = set()
        self._inside: dict[IPv4Network, IPv4Network] = {}
        for network in networks:
            self.add(network)

    def add(self, network: IPv4Network) -> None:
        """Put one in."""
        self._own.add(network)
        for wider in _wider(network):
            self._inside.setdefault(wider, network)

    def overlapped_by(self, network: IPv4Network) -> IPv4Network | None:
        """One that has an address of this network; None where there is none."""
        holder = next((wider for wider in _wider(network) if wider in self._own), None)
        return holder or self._inside.get(network)


def _wider(network: IPv4Network) -> Iterator[IPv4Network]:
    """The network itself, and each that holds it."""
    return (network.supernet(new_prefix=length) for length in range(network.prefixlen, -1, -1))
