"""Networks that others are compared with: a look-up takes as long, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

_Prefix = tuple[int, int]
"""A network's leading bits as a number, and how many they are: thirty of its kind cost as much as one IPv4Network."""


class Networks:
    """A set that is asked what a network overlaps."""

    def __init__(self, networks: Iterable[IPv4Network] = ()) -> None:
        self._own: dict[_Prefix, IPv4Network] = {}
        self._inside: dict[_Prefix, IPv4Network] = {}
        for network in networks:
            self.add(network)

    def add(self, network: IPv4Network) -> None:
        """Put one in."""
        for number, wider in enumerate(_wider(network)):
            if number == 0:
                self._own.setdefault(wider, network)
            self._inside.setdefault(wider, network)

    def overlapped_by(self, network: IPv4Network) -> IPv4Network | None:
        """One that has an address of this network; None where there is none."""
        holder = next((self._own[wider] for wider in _wider(network) if wider in self._own), None)
        return holder or self._inside.get(next(_wider(network)))


def _wider(network: IPv4Network) -> Iterator[_Prefix]:
    """The network itself, and each that holds it."""
    first = int(network.network_address)
    return ((first >> (32 - length), length) for length in range(network.prefixlen, -1, -1))
