"""What must hold of a tunnel's pairs of networks, ours with the venue's: each has a child SA of its own."""

from __future__ import annotations

from collections.abc import Iterator

from model.faults import Fault
from model.rules import Case, Rule

MANY_PAIRS, MOST_PAIRS = 64, 256
"""Of one tunnel. The gateway asks the engine for all of them each second, and each is renewed by itself.

The watch reads 100 kB and works for 9 ms a second at 256, 1 MB and 90 ms at 2,600 (measured, Python 3.11, without the engine's
own work). Sixteen networks at each end were seen at venues.
"""


def _too_many(case: Case) -> Iterator[Fault]:
    for path, connection in case.tunnels:
        theirs = len(connection.venue.remote_networks)
        if connection.pairs <= MANY_PAIRS:
            continue
        many = f"makes {connection.pairs} pairs of networks, our {connection.pairs // theirs} with the venue's {theirs}"
        each = "each has a child SA of its own, which is renewed by itself"
        remedy = "write adjoining networks as one, or ask the venue for one network that holds several"
        if connection.pairs > MOST_PAIRS:
            yield case.source.fault(path, f"{many}; {each}, and {MOST_PAIRS} is the most: {remedy}")
        else:
            yield case.source.fault(path, f"{many}; {each}: {remedy}", severity="warning")


def _mapped_around(case: Case) -> Iterator[Fault]:
    """Which of the two a host belongs to must be plain to a reader."""
    trading = case.deployment.client.trading_hosts
    for path, connection in case.tunnels:
        for index, one in enumerate(connection.tunnel.mapped_hosts):
            inner = next((host for host in trading if host != one.hosts and host.subnet_of(one.hosts)), None)
            if inner:
                message = (
                    f"holds {inner}, which is one of the trading_hosts by itself; leave that out there, or map it apart"
                )
                yield case.source.fault((*path, "mapped_hosts", index, "hosts"), message)


def _mapped_to_elastic_ip(case: Case) -> Iterator[Fault]:
    ours = case.deployment.client.gateway.elastic_ip
    for path, connection in case.tunnels:
        for index, one in enumerate(connection.tunnel.mapped_hosts):
            if ours and ours.address in one.seen_as:
                message = "is the gateway's own Elastic IP; write the address that the venue assigned"
                yield case.source.fault((*path, "mapped_hosts", index, "seen_as"), message)


PAIR_RULES = (
    Rule(
        _too_many,
        (
            "tunnel.local_network",
            "tunnel.host_networks",
            "tunnel.mapped_hosts",
            "venue.encryption_domain",
            "venue.remote_networks",
        ),
    ),
    Rule(_mapped_around, ("tunnel.mapped_hosts", "trading_hosts")),
    Rule(_mapped_to_elastic_ip, ("tunnel.mapped_hosts", "gateway.elastic_ip.address")),
)
