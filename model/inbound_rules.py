"""What must hold of the ports that a venue calls: who may call, where the call goes, and that each has one answer."""

from __future__ import annotations

from collections.abc import Iterator

from model.client import Inbound
from model.deployment import Connection
from model.faults import Fault, Path
from model.rules import Case, Rule
from model.tunnel_rules import taken_in

SSH = 22


def _placed(case: Case) -> Iterator[tuple[Path, Connection, Inbound]]:
    for path, connection in case.tunnels:
        for index, one in enumerate(connection.tunnel.inbound):
            yield (*path, "inbound", index), connection, one


def _callers(case: Case) -> Iterator[Fault]:
    for path, connection, one in _placed(case):
        venue = connection.venue
        for index, network in enumerate(one.from_):
            if not any(network.subnet_of(remote) for remote in venue.remote_networks):
                message = (
                    f"lies in none of the remote_networks of {venue.name}, so no call from it comes through the tunnel; ask the "
                    "venue from which addresses it calls"
                )
                yield case.source.fault((*path, "from", index), message)


def _targets(case: Case) -> Iterator[Fault]:
    trading = case.deployment.client.trading_hosts
    for path, connection, one in _placed(case):
        host, place = one.host, (*path, "to")
        if host is None:
            if one.host_port == SSH:
                yield case.source.fault(place, "would open SSH on the gateway to the venue; write the engine's port")
        elif host == connection.source_address:
            message = f"is the gateway's own address; write gateway:{one.host_port}"
            yield case.source.fault(place, message)
        elif not any(host in network for network in trading):
            message = (
                "lies in none of the trading_hosts; write it there too, or gateway:"
                f"{one.host_port} if the engine runs on the gateway"
            )
            yield case.source.fault(place, message)
        elif what := next((taken_in(network)[host] for network in trading if host in taken_in(network)), ""):
            yield case.source.fault(place, f"is the {what} of its subnet, and no host; write the host's address")


def _apart(case: Case) -> Iterator[Fault]:
    """One name each, and where callers overlap one port to call and one to answer from: after a takeover the first segment may
    be the answer, and the guard must know which call it belongs to."""
    for path, connection in case.tunnels:
        for index, one in enumerate(connection.tunnel.inbound):
            place = (*path, "inbound", index)
            for other in connection.tunnel.inbound[:index]:
                for key, message in _shared(connection, one, other):
                    yield case.source.fault((*place, key), message)


def _shared(connection: Connection, one: Inbound, other: Inbound) -> Iterator[tuple[str, str]]:
    if one.name == other.name:
        yield "name", "is the name of another one; give each its own"
    if not any(mine.overlaps(theirs) for mine in one.from_ for theirs in other.from_):
        return
    if (connection.called_at(one), one.port) == (connection.called_at(other), other.port):
        yield "port", f"is called for {other.name} already, by callers that overlap; write another port"
    if one.to == other.to:
        yield "to", f"is where {other.name} leads already; leave one of them out, or write another port of the host"


def _selected(case: Case) -> Iterator[Fault]:
    for path, connection in case.tunnels:
        selector = connection.venue.esp.selector
        if connection.tunnel.inbound and selector and selector != "tcp":
            venue = connection.venue.name
            message = (
                f"cannot come through SAs of {venue} that are for {selector} alone (esp.selector): a call comes from any TCP "
                "port of the venue; ask the venue for SAs of tcp, or of all traffic"
            )
            yield case.source.fault((*path, "inbound"), message)


_DOMAIN = (
    "tunnel.inbound",
    "tunnel.local_network",
    "tunnel.source_address",
    "tunnel.host_networks",
    "tunnel.mapped_hosts",
    "venue.encryption_domain",
)
INBOUND_RULES = (
    Rule(_callers, ("tunnel.inbound", "venue.name", "venue.remote_networks")),
    Rule(_targets, (*_DOMAIN, "trading_hosts")),
    Rule(_apart, _DOMAIN),
    Rule(_selected, ("tunnel.inbound", "venue.name", "venue.esp.selector")),
)
