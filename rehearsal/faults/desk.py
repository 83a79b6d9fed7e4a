"""The trading desk: both FIX engines of one session, and the book of every order over all that befalls them."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Protocol, Self

from rehearsal.fix.channel import FixError
from rehearsal.fix.engines import Acceptor, Initiator
from rehearsal.fix.ledger import Reconciliation, reconcile

LOGON_LIMIT = 60.0
RATE = 10.0
"""Orders a second: steady, and little enough for an emulated processor."""


class Launch(Protocol):
    """Makes a trader's engine, to be entered."""

    def __call__(self, *, resets: bool) -> Initiator: ...


class Desk:
    """The exchange's engine, which lives through every fault, and the trader's, which may die with its machine.

    Args:
        launch: makes a trader's engine on the store of the one before, if there is one; without it the two ends must
            count from 0 (`resets`).
    """

    def __init__(self, *, exchange: Acceptor, launch: Launch) -> None:
        self._exchange = exchange
        self._launch = launch
        self._has_store = True
        self._last: dict[str, Any] = {}
        self._former: list[dict[str, Any]] = []
        self._moments: list[tuple[str, float]] = []
        self._parts = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.enter_context(self._exchange)
            self._start()
            self._parts = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_trader()
        self._parts.__exit__(kind, error, trace)

    @property
    def trader(self) -> Initiator:
        """The trader's engine that runs now."""
        return self._trader

    def relaunch(self, *, limit: float = LOGON_LIMIT) -> None:
        """Start the trader's engine again on its store, as after a loss of power; its book is kept."""
        book = self._trader.book.account()
        orders = {page: book[page] for page in ("sent", "reported", "strangers")}
        # What else it knew is gone with it since it was last asked.
        self._former.append({**book, **self._last, **orders})
        self._keep_moments()
        self._last = {}
        self._end_trader()
        self._start(limit=limit)

    def _start(self, *, limit: float = LOGON_LIMIT) -> None:
        with ExitStack() as undo:
            self._trader = undo.enter_context(self._launch(resets=not self._has_store))
            self._trader.start()
            self._trader.wait_for_logon(limit=limit)
            undo.pop_all()
        self._has_store = True

    def _end_trader(self) -> None:
        with suppress(FixError):  # it may have gone with its machine
            self._trader.__exit__(None, None, None)

    def lose_store(self, *, limit: float = 30) -> None:
        """The disk with the trader's store is about to go: what is under way is finished first."""
        self.end(limit=limit)
        self._has_store = False

    def begin(self) -> None:
        """Begin the steady flow, and wait until it flows."""
        self._trader.flow(rate=RATE)
        self.steady(limit=150)  # TCP may be in the pauses that an earlier fault left

    def steady(self, *, limit: float) -> float:
        """Seconds until an order that is sent from now on is reported."""
        self._trader.mark()
        return self._trader.recovered_seconds(limit=limit)

    def end(self, *, limit: float) -> None:
        """End the flow, and wait at most `limit` seconds until every order is reported."""
        self._trader.stop_flow()
        self._trader.settle(limit=limit)

    def ask(self) -> None:
        """See that the trader's engine answers."""
        self._trader.account()

    def burst_of_resends(self, *, n: int, size: int, limit: float = 60) -> None:
        """Large orders whose reports are withheld until the connection is reset: they must come as resends."""
        self._exchange.withhold()
        self._trader.orders(n=n, rate=0, size=size, limit=1)
        self._trader.reset()
        self._trader.wait_for_logon(limit=limit)
        if missing := self._trader.settle(limit=limit):
            raise FixError(f"{len(missing)} reports of a burst had not come by resends {limit:g} s after the logon")

    @property
    def moments(self) -> list[tuple[str, float]]:
        """When each order, report, logon and logout of every trader's engine came to be known here."""
        return [*self._moments, *self._trader.book.moments]

    def _keep_moments(self) -> None:
        """An engine that died said no goodbye: its session ended with its last word."""
        moments = self._trader.book.moments
        self._moments += [*moments, *([("logout", moments[-1][1])] if moments else [])]

    @property
    def logons(self) -> int:
        """Logons so far, as the exchange counted them."""
        return int(self._exchange.account()["logons"])

    @property
    def silence(self) -> float:
        """The longest time between two reports since the flow began, in seconds, as the trader's engine of now saw it."""
        return float(self._trader.account()["longest_silence_s"])

    def reconciled(self) -> Reconciliation:
        """Every order of every engine so far, against the exchange's ledger."""
        now = self._last = self._trader.account()
        accounts = [*self._former, now]
        sent = [order for one in accounts for order in one["sent"]]
        heard_of = {order for one in accounts for order in (*one["reported"], *one["strangers"])}
        together = {
            **now,
            "sent": sent,
            "reported": [order for order in sent if order in heard_of],
            **{key: [order for one in accounts for order in one[key]] for key in ("late", "recovered")},
            **{key: sum(one[key] for one in accounts) for key in ("duplicated", "possible_duplicates", "held")},
        }
        return reconcile(trader=together, exchange=self._exchange.account())
