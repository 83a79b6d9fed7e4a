"""Public addresses: of RFC 5737's TEST-NET-3, so that none is anybody's.

moto gives 127.x and 54.214.x addresses. How they move is `associations`' matter.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from ipaddress import IPv4Network

from moto.ec2.models import elastic_ip_addresses, elastic_network_interfaces

PUBLIC = IPv4Network("203.0.113.0/24")


RESERVED: set[str] = set()
"""Addresses that were brought along: they are not temporary."""


def _pool() -> Iterator[str]:
    """Each address of the network in turn, over and over: 254 at once are plenty."""
    addresses = (str(address) for address in itertools.cycle(PUBLIC.hosts()))
    return (address for address in addresses if address not in RESERVED)


def install() -> None:
    """Let moto take its public addresses from here."""
    pool = _pool()
    elastic_ip_addresses.random_ip = lambda: next(pool)  # type: ignore[attr-defined]
    elastic_network_interfaces.random_public_ip = lambda: next(pool)  # type: ignore[attr-defined]
