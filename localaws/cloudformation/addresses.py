"""Public addresses: of RFC 5737's TEST-NET-3, so that none is anybody's; and how they move.

moto gives 127.x and 54.214.x addresses, and leaves an address with its old instance when it moves to another.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from moto.ec2.models import elastic_ip_addresses, elastic_network_interfaces

PUBLIC = IPv4Network("203.0.113.0/24")


RESERVED: set[str] = set()
"""Addresses that were brought along: they are nobody's temporary address."""


def _pool() -> Iterator[str]:
    """Each address of the network in turn, over and over: 254 at once are plenty."""
    addresses = (str(address) for address in itertools.cycle(PUBLIC.hosts()))
    return (address for address in addresses if address not in RESERVED)


def install() -> None:
    """Let moto take its public addresses from here, and let an instance that loses its Elastic IP lose it."""
    pool = _pool()
    elastic_ip_addresses.random_ip = lambda: next(pool)  # type: ignore[attr-defined]
    elastic_network_interfaces.random_public_ip = lambda: next(pool)  # type: ignore[attr-defined]
    backend = elastic_ip_addresses.ElasticAddressBackend
    backend.associate_address = _moving(backend.associate_address)  # type: ignore[method-assign]


def _moving(associate: Any) -> Any:
    """EC2 takes the address from the interface that had it, which gets a temporary one again if it began with one."""

    def moved(self: Any, *args: Any, **kwargs: Any) -> Any:
        holders = {address.public_ip: address.eni for address in self.addresses}
        address = associate(self, *args, **kwargs)
        former = holders.get(address.public_ip)
        if former is not None and former is not address.eni:
            former.public_ip = None
            former.check_auto_public_ip()
        return address

    return moved
