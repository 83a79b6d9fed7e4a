"""A FIX session that the venue begins: its engine connects through the tunnel to an acceptor of the client's.

Initiator, at the exchange ══ the port that the venue calls ══ gateway ══ Acceptor, on the trading host
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address

from model.client import Inbound
from model.deployment import Connection, Deployment
from model.venue import FixEndpoint
from rehearsal.fix.channel import LocalProcess, python_here
from rehearsal.fix.engines import Acceptor, Initiator
from rehearsal.fix.trading import TradingSession, comp_id, session_folder
from rehearsal.world.stage import Stage

_VENUE = "VENUE"  # for a venue file without a FIX acceptor


def inbound_name(connection: Connection, one: Inbound) -> str:
    """A call as the report names it."""
    return f"{connection.venue.name} calls {one.name}"


def why_not(one: Inbound) -> str:
    """Why the rehearsal cannot play it, or nothing."""
    return "" if one.host else "the rehearsal's gateway has no acceptor: it plays calls to trading hosts"


def all_calls(deployment: Deployment) -> Iterator[tuple[Connection, Inbound]]:
    """Each call of each venue, with the tunnel that is active."""
    for group in deployment.groups.values():
        active = next(one for one in group if one.is_active)
        yield from ((active, one) for one in active.tunnel.inbound)


def caller_of(connection: Connection, one: Inbound) -> IPv4Address:
    """From which of its addresses the rehearsed venue calls: an endpoint's that may, else the first that may."""
    hosts = [endpoint.host for endpoint in connection.venue.endpoints]
    found = next((host for host in hosts if any(host in network for network in one.from_)), None)
    return found or next(iter(one.from_[0].hosts()))


@contextmanager
def called(stage: Stage, connection: Connection, one: Inbound) -> Iterator[TradingSession]:
    """Both engines, started: the venue's orders go to the client's acceptor, whose reports come back."""
    store = f"{one.name}-{connection.name}"
    with (
        host_engine(stage, connection, one, store=f"{store}/acceptor") as acceptor,
        caller_engine(stage, connection, one, store=f"{store}/caller") as caller,
    ):
        endpoint = _at_gateway(stage, connection, one)
        yield TradingSession(stage=stage, connection=connection, endpoint=endpoint, acceptor=acceptor, trader=caller)


def host_engine(stage: Stage, connection: Connection, one: Inbound, *, store: str) -> Acceptor:
    """The client's acceptor, to be entered, on the trading host that the file names."""
    assert one.host
    with stage.trading_from(one.host):
        prefix = stage.trading_host.prefix
    return Acceptor(
        endpoint=_endpoint(connection, one, host=one.host, port=one.host_port),
        client_comp_id=_venues_comp_id(connection),
        prefix=prefix,
        folder=session_folder(stage, connection) / store,
    )


def caller_engine(
    stage: Stage, connection: Connection, one: Inbound, *, store: str, resets_on_logon: bool = False
) -> Initiator:
    """The venue's engine, to be entered, at the exchange."""
    exchange, caller = stage.venues[connection.venue.name].exchange, caller_of(connection, one)
    exchange.own(caller)
    folder = session_folder(stage, connection) / store
    command = python_here("rehearsal.fix.initiator", prefix=exchange.prefix)
    return Initiator(
        endpoint=_at_gateway(stage, connection, one),
        comp_id=_venues_comp_id(connection),
        channel=LocalProcess(command=command, log=folder.with_suffix(".log")),
        folder=folder,
        resets_on_logon=resets_on_logon,
        source=str(caller),
    )


def _at_gateway(stage: Stage, connection: Connection, one: Inbound) -> FixEndpoint:
    """As the venue knows it."""
    return _endpoint(connection, one, host=connection.called_at(one) or stage.elastic_ip, port=one.port)


def _endpoint(connection: Connection, one: Inbound, *, host: IPv4Address, port: int) -> FixEndpoint:
    first = next(iter(connection.fix_endpoints), None)
    version = first.version if first else "FIX.4.4"
    return FixEndpoint(name=one.name, host=host, port=port, version=version, target_comp_id=comp_id(connection))


def _venues_comp_id(connection: Connection) -> str:
    return next((endpoint.target_comp_id for endpoint in connection.fix_endpoints), _VENUE)
