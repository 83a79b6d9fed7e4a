"""The application behind the trader's engine: sends orders, keeps the ledger, counts round trips by one clock."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence

import quickfix as fix

from rehearsal.fix import message as fixmsg
from rehearsal.fix.control import Control
from rehearsal.fix.ledger import Order, Orders


class Trader(fix.Application):  # type: ignore[misc,unused-ignore]
    """QuickFIX calls it from threads of its own; all that it knows is guarded by one lock."""

    def __init__(self, *, control: Control) -> None:
        super().__init__()
        self.ledger = Orders()
        self.logons = 0
        self.logouts = 0
        self.is_logged_on = False
        self.tells = False
        """Whether each order and each report is written at once, for a book that outlives this process."""
        self._control = control
        self._id: fix.SessionID | None = None
        self._run = os.urandom(3).hex()  # no ClOrdID comes twice, even from a process that replaces another
        self._numbers = 0
        self._probes: dict[str, int] = {}
        self._trips: dict[str, int] = {}
        self._marked_ns: int | None = None
        self._news = threading.Condition()

    # QuickFIX's side

    def onCreate(self, session: fix.SessionID) -> None:
        self._id = session

    def onLogon(self, _session: fix.SessionID) -> None:
        with self._news:
            self.is_logged_on = True
            self.logons += 1
            self._news.notify_all()
        self._control.tell("logon", logons=self.logons)

    def onLogout(self, _session: fix.SessionID) -> None:
        # QuickFIX calls it for each connection that failed too: only an end of a session counts.
        with self._news:
            was, self.is_logged_on = self.is_logged_on, False
            self.logouts += was
            self._news.notify_all()
        if was:
            self._control.tell("logout", logouts=self.logouts)

    def toAdmin(self, _message: fix.Message, _session: fix.SessionID) -> None:
        """Nothing to add to what the engine says by itself."""

    def fromAdmin(self, message: fix.Message, _session: fix.SessionID) -> None:
        now = time.monotonic_ns()
        name = fixmsg.text_of(message, fixmsg.TEST_REQ_ID) if fixmsg.type_of(message) == "0" else ""
        with self._news:
            if name in self._probes and name not in self._trips:
                self._trips[name] = now - self._probes[name]
                self._news.notify_all()

    def toApp(self, message: fix.Message, _session: fix.SessionID) -> None:
        if fixmsg.is_possible_duplicate(message):
            with self._news:
                self.ledger.resent(fixmsg.text_of(message, fixmsg.CL_ORD_ID))

    def fromApp(self, message: fix.Message, _session: fix.SessionID) -> None:
        now = time.monotonic_ns()
        if fixmsg.type_of(message) != "8":
            return
        with self._news:
            order = self.ledger.reported(
                fixmsg.text_of(message, fixmsg.CL_ORD_ID),
                execution=fixmsg.text_of(message, fixmsg.EXEC_ID),
                at_ns=now,
                possible_duplicate=fixmsg.is_possible_duplicate(message),
            )
            recovered = self._recovered(order)
            self._news.notify_all()
        if self.tells:
            self._control.tell("reported", order=fixmsg.text_of(message, fixmsg.CL_ORD_ID))
        if recovered is not None:
            self._control.tell("recovered", seconds=recovered)

    def _recovered(self, order: Order | None) -> float | None:
        if order is None or order.reported_ns is None or self._marked_ns is None or order.sent_ns < self._marked_ns:
            return None
        seconds, self._marked_ns = (order.reported_ns - self._marked_ns) / 1e9, None
        return round(seconds, 3)

    # The commander's side

    def order(self, *, size: int = 0) -> None:
        """Give one order to the engine."""
        self._transmit(*self._enter(size))

    def send(self, *, n: int, rate: float, size: int, limit: float) -> tuple[str, ...]:
        """Give n orders to the engine, one each 1/rate seconds whatever comes back; at once with a rate of 0.

        They are fewer than n if the engine is stuck `limit` seconds after the last was due: where the path swallows
        large packets, the socket's buffer fills, and QuickFIX waits for it.
        """
        orders: list[str] = []
        sender = threading.Thread(target=self._send, args=[orders, n, rate, size], daemon=True)
        sender.start()
        sender.join(limit + (n / rate if rate else 0))
        return tuple(orders)

    def _send(self, orders: list[str], n: int, rate: float, size: int) -> None:
        begin = time.monotonic()
        for number in range(n):
            _sleep_until(begin + number / rate if rate else 0)
            order, text = self._enter(size)
            orders.append(order)
            self._transmit(order, text)

    def _enter(self, size: int) -> tuple[str, fix.Message]:
        with self._news:
            self._numbers += 1
            order = f"{self._run}-{self._numbers}"
        text = fixmsg.new_order(order, size=size)
        with self._news:
            self.ledger.sent(order, at_ns=time.monotonic_ns(), queued=not self.is_logged_on)
        if self.tells:
            self._control.tell("sent", order=order)
        return order, text

    def _transmit(self, order: str, text: fix.Message) -> None:
        if not fix.Session.sendToTarget(text, self._id):
            with self._news:
                self.ledger.queued(order)

    def wait_for(self, orders: Sequence[str], *, limit: float) -> bool:
        """Wait until each order is reported; whether it was, within `limit` seconds."""
        with self._news:
            return self._news.wait_for(lambda: not self.ledger.unreported(orders), limit)

    def probe(self, *, n: int, rate: float, limit: float) -> dict[str, int | None]:
        """Send n TestRequests on a fixed schedule; each one's round trip in ns, None if it did not come back in time."""
        begin, names = time.monotonic(), [f"P{len(self._probes) + number}" for number in range(n)]
        for number, name in enumerate(names):
            _sleep_until(begin + number / rate)
            with self._news:
                self._probes[name] = time.monotonic_ns()
            fix.Session.sendToTarget(fixmsg.test_request(name), self._id)
        with self._news:
            self._news.wait_for(lambda: all(name in self._trips for name in names), limit)
            return {name: self._trips.get(name) for name in names}

    def mark(self) -> None:
        """The instant from which recovery is counted."""
        with self._news:
            self._marked_ns = time.monotonic_ns()

    def log_out(self, *, limit: float) -> bool:
        """Log out; whether the exchange answered within `limit` seconds."""
        session = fix.Session.lookupSession(self._id)
        session.logout()
        with self._news:
            return self._news.wait_for(lambda: not self.is_logged_on, limit)


def _sleep_until(when: float) -> None:
    time.sleep(max(0, when - time.monotonic()))
