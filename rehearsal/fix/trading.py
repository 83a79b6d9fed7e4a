"""A FIX session with one endpoint through one tunnel: logon, orders, a burst, a reset with gap fill, logout; every order
accounted for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from localaws.program import RehearsalFailed
from model.deployment import Connection
from model.venue import Endpoint, FixEndpoint
from rehearsal.fix.channel import GUEST_UNIT, Channel, GuestLine, LocalProcess, guest_command, python_here
from rehearsal.fix.engines import Acceptor, Initiator, Run, reconciled
from rehearsal.fix.latency import Figures
from rehearsal.report import Fix
from rehearsal.world.machine import LINE, Machine
from rehearsal.world.network import CommandFailed
from rehearsal.world.stage import Stage
from rehearsal.world.venue import ECHO_PORT

ORDERS, RATE = 200, 50.0
FEW_ORDERS = 20
BURST, BURST_SIZE = 60, 2000
LOGON_LIMIT = 60.0
KNOCK_LIMIT = 10
_COMP_ID = "CLIENT"  # for a client file that does not name one


class PortClosed(RehearsalFailed):
    """The tunnel is up, and the venue's FIX port does not answer."""


def knock(stage: Stage, endpoint: Endpoint) -> None:
    """Connect to a FIX port of the venue's, from where the client's engine runs, and say nothing.

    Raises:
        PortClosed: it takes no connection within the limit.
    """
    script = f"</dev/tcp/{endpoint.host}/{endpoint.ports.first}"
    argv = ["/usr/bin/timeout", str(KNOCK_LIMIT), "/bin/bash", "-c", script]
    try:
        if stage.deployment.client.trading_hosts:
            stage.trading_host.run(*argv)
        elif (done := stage.machine.run(argv)).status:
            raise CommandFailed(done.stderr.strip() or f"no answer within {KNOCK_LIMIT} s")
    except CommandFailed as failure:
        raise PortClosed(f"{endpoint.host} port {endpoint.ports}: {failure}") from failure


def knock_until_open(stage: Stage, endpoint: Endpoint, *, limit: float) -> None:
    """Knock for at most `limit` seconds: a gateway refuses its hosts for a moment more
    where a tunnel has just come up: it lays the route when it looks the next time, each second.

    Raises:
        PortClosed: it took no connection within the limit.
    """
    end = time.monotonic() + limit
    while True:
        try:
            return knock(stage, endpoint)
        except PortClosed:
            if time.monotonic() > end:
                raise
        time.sleep(1)


class TradingSession:
    """One session with one endpoint, over one tunnel. `acceptor` and `trader` are real FIX engines, as processes."""

    def __init__(
        self, *, stage: Stage, connection: Connection, endpoint: FixEndpoint, acceptor: Acceptor, trader: Initiator
    ) -> None:
        self._stage = stage
        self._connection = connection
        self._endpoint = endpoint
        self.acceptor = acceptor
        self.trader = trader
        self.logons = 0

    def log_on(self) -> str:
        """Log on; the address as which the exchange sees the client."""
        self.trader.start()
        self.trader.wait_for_logon(limit=LOGON_LIMIT)
        self.logons += 1
        return ", ".join(self.acceptor.wait_for_logon(limit=LOGON_LIMIT))

    def trade(self, source: str, *, echoes: bool = True) -> Fix:
        """Orders, timed; a burst; a reset whose missed reports come by gap fill; logout. `echoes`: a bare TCP echo too."""
        run = self.trader.orders(n=ORDERS, rate=RATE)
        echo = self._echo() if echoes else None
        burst = self.trader.burst(n=BURST, size=BURST_SIZE, limit=60)
        self._reset()
        return self._account(source, run, echo=echo, burst_bytes=burst.sent * BURST_SIZE)

    def trade_little(self, source: str) -> Fix:
        """A few orders and the logout: whether this way carries a session at all."""
        return self._account(source, self.trader.orders(n=FEW_ORDERS, rate=RATE))

    def _account(self, source: str, run: Run, *, echo: Figures | None = None, burst_bytes: int = 0) -> Fix:
        account = reconciled(trader=self.trader, exchange=self.acceptor)
        self.trader.logout()
        return Fix(
            endpoint=endpoint_name(self._connection, self._endpoint),
            tunnel=self._connection.name,
            logons=self.logons,
            orders_sent=account.sent,
            reports_received=account.reported,
            lost=len(account.lost),
            duplicated=account.duplicated,
            recovered=account.recovered,
            source_seen=source,
            rtt_us=_figures(run.rtt_us),
            rtt_histogram=run.rtt_us.histogram if run.rtt_us else (),
            tcp_echo_us=_figures(echo),
            burst_bytes=burst_bytes,
        )

    def _echo(self) -> Figures | None:
        exchange = self._stage.venues[self._connection.venue.name].exchange
        host, port = exchange.echo_of(self._endpoint)
        return self.trader.echo(host=str(host), port=port, n=100, rate=50)

    def _reset(self) -> None:
        """Reports that are due while the connection is lost must come by gap fill afterwards."""
        self.acceptor.withhold()
        self.trader.orders(n=5, rate=0, limit=1)
        self.trader.reset()
        self.trader.wait_for_logon(limit=LOGON_LIMIT)
        self.logons += 1
        self.trader.settle(limit=30)


def endpoint_name(connection: Connection, endpoint: Endpoint) -> str:
    """An endpoint as the report names it."""
    return f"{connection.venue.name}/{endpoint.name}"


@contextmanager
def trading(stage: Stage, connection: Connection, endpoint: FixEndpoint) -> Iterator[TradingSession]:
    """Both engines, started: the exchange's at the exchange, the client's where its file says that it runs.

    Each session begins at 1 on stores of its own: two endpoints of a venue may have the same CompIDs.
    """
    store = f"{endpoint.name}-{connection.name}"
    guest_store = f"/run/fix/{connection.venue.name}/{store}"
    with (
        exchange_engine(stage, connection, endpoint, store=f"{store}/acceptor") as acceptor,
        trader_engine(stage, connection, endpoint, store=f"{store}/trader", guest_store=guest_store) as trader,
    ):
        yield TradingSession(stage=stage, connection=connection, endpoint=endpoint, acceptor=acceptor, trader=trader)


def exchange_engine(
    stage: Stage, connection: Connection, endpoint: FixEndpoint, *, store: str, echoes: bool = True
) -> Acceptor:
    """The exchange's engine at an endpoint, to be entered; `store` names what it remembers of a session.

    One at a time has the exchange's echo beside it.
    """
    return Acceptor(
        endpoint=endpoint,
        client_comp_id=comp_id(connection),
        prefix=stage.venues[connection.venue.name].exchange.prefix,
        folder=session_folder(stage, connection) / store,
        echo_port=ECHO_PORT if echoes else None,
    )


def trader_engine(
    stage: Stage,
    connection: Connection,
    endpoint: FixEndpoint,
    *,
    store: str,
    guest_store: str,
    resets_on_logon: bool = False,
) -> Initiator:
    """The client's engine, to be entered: on a trading host with its store in `store`, or on the gateway in `guest_store`."""
    on_host, folder = stage.deployment.client.trading_hosts, session_folder(stage, connection) / store
    channel = _on_host(stage, folder) if on_host else _on_gateway(stage)
    return Initiator(
        endpoint=endpoint,
        comp_id=comp_id(connection),
        channel=channel,
        folder=folder if on_host else Path(guest_store),
        resets_on_logon=resets_on_logon,
    )


def comp_id(connection: Connection) -> str:
    """Ours at the venue."""
    return next(iter(connection.tunnel.sender_comp_ids), _COMP_ID)


def session_folder(stage: Stage, connection: Connection) -> Path:
    """Where the engines at this end keep what they remember."""
    return stage.run_dir / "fix" / connection.venue.name


def _on_host(stage: Stage, folder: Path) -> Channel:
    command = python_here("rehearsal.fix.initiator", prefix=stage.trading_host.prefix)
    return LocalProcess(command=command, log=folder.with_suffix(".log"))


def _on_gateway(stage: Stage) -> Channel:
    """The engine runs on the gateway itself, from its image; its words come and go over a serial line, not the network."""
    machine = stage.machine
    return GuestLine(path=machine.line, launch=lambda: _launch(machine))


def _launch(machine: Machine) -> None:
    """One engine at a time has the line: one before it may still be about to end."""
    machine.run(["/usr/bin/systemctl", "stop", f"{GUEST_UNIT}.service"])
    machine.run(guest_command(LINE))


def _figures(figures: Figures | None) -> dict[str, int] | None:
    return {name: value for name, value in asdict(figures).items() if name != "histogram"} if figures else None
