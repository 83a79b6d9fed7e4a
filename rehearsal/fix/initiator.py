"""The trader's FIX engine, as a process: `python -m rehearsal.fix.initiator`, which takes commands from control.py.

The first line of standard input is `{"session": …}`; the session's fields are session.py's. It runs on the gateway
too: nothing here may need more than Python 3.11 and quickfix.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import quickfix as fix

from rehearsal.fix import echo, sockets
from rehearsal.fix.control import Control
from rehearsal.fix.flow import Flow
from rehearsal.fix.latency import figures
from rehearsal.fix.session import Session
from rehearsal.fix.trader import Trader


class Verbs:
    """The commands of the initiator. Rates are a second, sizes in bytes, limits in seconds."""

    def __init__(self, *, session: Session, trader: Trader, engine: fix.ThreadedSocketInitiator) -> None:
        self._session = session
        self._trader = trader
        self._engine = engine
        self._flow: Flow | None = None

    def start(self) -> dict[str, Any]:
        self._engine.start()
        return {}

    def orders(self, *, n: int, rate: float, size: int, limit: float) -> dict[str, Any]:
        """Send n orders on a fixed schedule and wait until each is reported, or for `limit` seconds."""
        ids = self._trader.send(n=n, rate=rate, size=size, limit=limit)
        self._trader.wait_for(ids, limit=limit if len(ids) == n else 0)
        ledger = self._trader.ledger
        trips = ledger.round_trips(ids)
        return {"sent": len(ids), "unreported": ledger.unreported(ids), "rtt_us": _figures(trips)}

    def settle(self, *, limit: float) -> dict[str, Any]:
        """Wait until every order so far is reported, or for `limit` seconds."""
        so_far = tuple(self._trader.ledger.orders)
        self._trader.wait_for(so_far, limit=limit)
        return {"unreported": self._trader.ledger.unreported(so_far)}

    def probe(self, *, n: int, rate: float, limit: float) -> dict[str, Any]:
        """Round trips of n TestRequests."""
        trips = self._trader.probe(n=n, rate=rate, limit=limit)
        unanswered = [name for name, trip in trips.items() if trip is None]
        return {"sent": n, "unanswered": unanswered, "rtt_us": _figures([trip for trip in trips.values() if trip])}

    def echo(self, *, host: str, port: int, n: int, rate: float) -> dict[str, Any]:
        """Round trips of a bare TCP echo."""
        return {"rtt_us": _figures(echo.round_trips(host=host, port=port, n=n, rate=rate))}

    def reset(self) -> dict[str, Any]:
        """Reset the session's TCP connection; QuickFIX logs on again by itself."""
        return {"connections": sockets.abort(remote=(self._session.host, self._session.port))}

    def flow(self, *, rate: float, when_down: str) -> dict[str, Any]:
        """Send orders without end, and tell of each; `when_down` is `hold` or `queue`."""
        self._trader.tells = True
        self._trader.ledger.silence_from(time.monotonic_ns())
        self._flow = Flow(trader=self._trader, rate=rate, queues=when_down == "queue")
        self._flow.start()
        return {}

    def mark(self) -> dict[str, Any]:
        """From now on count the seconds to the first report of an order that is sent after this."""
        self._trader.mark()
        return {}

    def stop_flow(self) -> dict[str, Any]:
        """End the flow; how many orders it gave to the engine."""
        flow, self._flow = self._flow, None
        return {"sent": flow.stop() if flow else 0}

    def account(self) -> dict[str, Any]:
        """What the trader's ledger says, and the session's fortunes."""
        return {**self._trader.ledger.account(), "logons": self._trader.logons, "logouts": self._trader.logouts}

    def logout(self, *, limit: float) -> dict[str, Any]:
        """Log out and stay out; whether the exchange confirmed it in time."""
        confirmed = self._trader.log_out(limit=limit)
        self._engine.stop()
        return {"confirmed": confirmed}


_NAMES = ("start", "orders", "settle", "probe", "echo", "reset", "flow", "mark", "stop_flow", "account", "logout")


def _figures(trips_ns: list[int]) -> dict[str, Any] | None:
    found = figures(trips_ns)
    return vars(found) if found else None


def main() -> None:
    """Run until `stop`."""
    control = Control(commands=sys.stdin, events=sys.stdout)
    session = Session(**control.first()["session"])
    Path(session.folder).mkdir(parents=True, exist_ok=True)
    trader = Trader(control=control)
    settings = fix.SessionSettings()
    settings.setFromString(session.settings())
    stores, logs = fix.FileStoreFactory(settings), fix.FileLogFactory(settings)
    engine = fix.ThreadedSocketInitiator(trader, stores, settings, logs)
    control.tell("ready")
    verbs = Verbs(session=session, trader=trader, engine=engine)
    control.obey({name: getattr(verbs, name) for name in _NAMES})
    verbs.stop_flow()
    engine.stop(True)


if __name__ == "__main__":
    main()
