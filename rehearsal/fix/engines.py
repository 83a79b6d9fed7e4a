"""The two ends of a session, as a rehearsal sees them: the trader's engine and the exchange's."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from model.venue import FixEndpoint
from rehearsal.fix.channel import Channel, LocalProcess, python_here
from rehearsal.fix.latency import Figures
from rehearsal.fix.ledger import Book, Reconciliation, reconcile
from rehearsal.fix.process import FixProcess
from rehearsal.fix.session import Session


@dataclass(frozen=True, kw_only=True)
class Run:
    """What became of orders or probes. Round trips are in microseconds; None where none came back.

    `sent` is less than asked for where the engine got stuck on a path that swallows what it sends.
    """

    sent: int
    unreported: tuple[str, ...]
    rtt_us: Figures | None


class Acceptor(FixProcess):
    """The exchange's engine for one endpoint and one client, in the exchange's namespace."""

    def __init__(
        self,
        *,
        endpoint: FixEndpoint,
        client_comp_id: str,
        prefix: Sequence[str],
        folder: Path,
        echo_port: int | None = None,
    ) -> None:
        session = Session(
            role="acceptor",
            begin_string=endpoint.version,
            sender=endpoint.target_comp_id,
            target=client_comp_id,
            port=endpoint.port,
            folder=str(folder),
        )
        super().__init__(
            name=f"the acceptor {endpoint.name}",
            channel=LocalProcess(
                command=python_here("rehearsal.fix.acceptor", prefix=prefix), log=folder / "stderr.log"
            ),
            settings={"session": asdict(session), "echo_port": echo_port},
        )

    def wait_for_logon(self, *, limit: float) -> tuple[str, ...]:
        """Wait for the next logon; the addresses that the client comes from."""
        return tuple(self.wait_for("logon", limit=limit)["sources"])

    def burst(self, *, n: int, size: int) -> None:
        """Send n reports that were not asked for, with `size` bytes of text each."""
        self.call("burst", within=60, n=n, size=size)

    def withhold(self) -> None:
        """Execute orders but report them only once the session is lost: the client must then ask for the reports."""
        self.call("withhold", within=10)

    def release(self) -> int:
        """Report what was withheld; how many."""
        return int(self.call("release", within=10)["released"])

    def account(self) -> dict[str, Any]:
        """The exchange's ledger."""
        return self.call("account", within=30)


class Initiator(FixProcess):
    """The trader's engine, wherever its channel leads: here, into a namespace, or into the gateway itself.

    `folder` is where that process keeps its store: a path on its own machine.
    """

    def __init__(
        self,
        *,
        endpoint: FixEndpoint,
        comp_id: str,
        channel: Channel,
        folder: Path,
        heartbeat_seconds: int = 30,
        resets_on_logon: bool = False,
        source: str = "",
    ) -> None:
        session = Session(
            role="initiator",
            begin_string=endpoint.version,
            sender=comp_id,
            target=endpoint.target_comp_id,
            host=str(endpoint.host),
            port=endpoint.port,
            folder=str(folder),
            heartbeat_seconds=heartbeat_seconds,
            resets_on_logon=resets_on_logon,
            source=source,
        )
        super().__init__(name="the initiator", channel=channel, settings={"session": asdict(session)})
        self.book = Book()

    def _keep(self, event: dict[str, Any]) -> bool:
        self.book.note(event["event"], at=time.monotonic())
        return self.book.take(event)

    def start(self) -> None:
        """Begin to connect and to log on, again and again until it succeeds."""
        self.call("start", within=30)

    def wait_for_logon(self, *, limit: float) -> None:
        """Wait for the next logon."""
        self.wait_for("logon", limit=limit)

    def orders(self, *, n: int, rate: float, size: int = 0, limit: float = 60) -> Run:
        """Send n orders, `rate` a second, and wait at most `limit` seconds for their reports."""
        within = 2 * limit + 30 + (n / rate if rate else 0)
        told = self.call("orders", within=within, n=n, rate=rate, size=size, limit=limit)
        return Run(sent=told["sent"], unreported=tuple(told["unreported"]), rtt_us=_figures(told["rtt_us"]))

    def burst(self, *, n: int = 60, size: int = 2000, limit: float = 30) -> Run:
        """As many large orders as fast as they go: 120 kB there and, in their reports, 120 kB back."""
        return self.orders(n=n, rate=0, size=size, limit=limit)

    def settle(self, *, limit: float) -> tuple[str, ...]:
        """Wait at most `limit` seconds until every order is reported; those that are not."""
        return tuple(self.call("settle", within=limit + 30, limit=limit)["unreported"])

    def probe(self, *, n: int, rate: float, limit: float = 10) -> Run:
        """Round trips of TestRequests."""
        told = self.call("probe", within=limit + n / rate + 30, n=n, rate=rate, limit=limit)
        return Run(sent=told["sent"], unreported=tuple(told["unanswered"]), rtt_us=_figures(told["rtt_us"]))

    def echo(self, *, host: str, port: int, n: int, rate: float) -> Figures | None:
        """Round trips of a bare TCP echo from where this engine runs."""
        return _figures(self.call("echo", within=n / rate + 60, host=host, port=port, n=n, rate=rate)["rtt_us"])

    def reset(self) -> None:
        """Reset the TCP connection under the session; the next `wait_for_logon` waits for the new session."""
        self.drop("logon")
        self.call("reset", within=10)

    def flow(self, *, rate: float, when_down: Literal["hold", "queue"] = "hold") -> None:
        """Send orders without end."""
        self.call("flow", within=10, rate=rate, when_down=when_down)

    def mark(self) -> None:
        """The fault is lifted now: recovery counts from here, by the clock of the machine where this engine runs."""
        self.drop("recovered")
        self.call("mark", within=10)

    def recovered_seconds(self, *, limit: float) -> float:
        """Seconds from `mark` to the first report of an order sent after it."""
        return float(self.wait_for("recovered", limit=limit)["seconds"])

    def stop_flow(self) -> int:
        """End the flow; the number of orders it sent."""
        return int(self.call("stop_flow", within=30)["sent"])

    def account(self) -> dict[str, Any]:
        """The trader's ledger."""
        return self.call("account", within=60)

    def logout(self, *, limit: float = 10) -> bool:
        """Log out and stay out; whether the exchange confirmed it."""
        return bool(self.call("logout", within=limit + 30, limit=limit)["confirmed"])


def reconciled(*, trader: Initiator, exchange: Acceptor) -> Reconciliation:
    """Both ledgers, put side by side."""
    return reconcile(trader=trader.account(), exchange=exchange.account())


def _figures(told: dict[str, Any] | None) -> Figures | None:
    if not told:
        return None
    bars = tuple((bound, count) for bound, count in told.pop("histogram", ()))
    return Figures(**told, histogram=bars)
