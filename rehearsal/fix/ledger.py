"""Who knows what of each order: the trader's ledger, the exchange's, and what the two say together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(kw_only=True)
class Order:
    """One order as the trader's side knows it. Times are nanoseconds of the process's monotonic clock."""

    id: str
    sent_ns: int
    queued: bool
    """Given to the engine while the session was down."""
    resent: bool = False
    """Sent after a new logon, since the exchange had not had it: queued, or lost on the way."""
    reported_ns: int | None = None
    recovered: bool = False
    """Its first report came by a resend (PossDupFlag), since the one before it was missed."""


@dataclass
class Orders:
    """The trader's ledger. A report is known by its ExecID: one that comes again unasked is a duplicate."""

    orders: dict[str, Order] = field(default_factory=dict)
    duplicated: int = 0
    possible_duplicates: int = 0
    unsolicited: int = 0
    held: int = 0
    """Orders that were due while the session was down and were not given to the engine."""
    strangers: list[str] = field(default_factory=list)
    """Orders that were reported here and not sent from here: by a process before this one, or never."""
    longest_silence_ns: int = 0
    """Between two reports that followed each other, since `silence_from`."""
    _heard_ns: int | None = None
    _reports: set[str] = field(default_factory=set)

    def silence_from(self, now_ns: int) -> None:
        """Measure the silences between reports from now on."""
        self.longest_silence_ns, self._heard_ns = 0, now_ns

    def sent(self, order: str, *, at_ns: int, queued: bool) -> None:
        """An order was given to the engine."""
        self.orders[order] = Order(id=order, sent_ns=at_ns, queued=queued)

    def queued(self, order: str) -> None:
        """The engine could not send it at once after all."""
        self.orders[order].queued = True

    def resent(self, order: str) -> None:
        """The engine sent an order again when the exchange asked for what it had missed."""
        if order in self.orders:
            self.orders[order].resent = True

    def reported(self, order: str, *, execution: str, at_ns: int, possible_duplicate: bool) -> Order | None:
        """An execution report came; the order, if this is the first that it hears."""
        if self._heard_ns is not None:
            self.longest_silence_ns = max(self.longest_silence_ns, at_ns - self._heard_ns)
            self._heard_ns = at_ns
        if execution in self._reports:
            self._again(possible_duplicate)
            return None
        self._reports.add(execution)
        known = self.orders.get(order)
        if known is None:
            self.unsolicited += 1
            self.strangers.append(order)
        elif known.reported_ns is not None:
            self.duplicated += 1
        else:
            known.reported_ns, known.recovered = at_ns, possible_duplicate
            return known
        return None

    def _again(self, possible_duplicate: bool) -> None:
        self.possible_duplicates += possible_duplicate
        self.duplicated += not possible_duplicate

    def round_trips(self, orders: Sequence[str]) -> list[int]:
        """Nanoseconds from order to report, in the order of sending, of those that went and came without a detour."""
        rows = (self.orders[order] for order in orders)
        direct = (row for row in rows if not (row.queued or row.resent or row.recovered))
        return [row.reported_ns - row.sent_ns for row in direct if row.reported_ns is not None]

    def unreported(self, orders: Iterable[str] | None = None) -> tuple[str, ...]:
        """Orders whose fate the trader does not know."""
        asked = self.orders if orders is None else orders
        return tuple(order for order in asked if self.orders[order].reported_ns is None)

    def account(self) -> dict[str, Any]:
        """What the two ledgers are reconciled from."""
        rows = self.orders.values()
        return {
            "sent": [row.id for row in rows],
            "reported": [row.id for row in rows if row.reported_ns is not None],
            "late": [row.id for row in rows if row.resent],
            "recovered": [row.id for row in rows if row.recovered],
            "duplicated": self.duplicated,
            "possible_duplicates": self.possible_duplicates,
            "unsolicited": self.unsolicited,
            "strangers": self.strangers,
            "longest_silence_s": round(self.longest_silence_ns / 1e9, 2),
            "held": self.held,
        }


@dataclass
class Book:
    """What was reported of the orders of a flow while it ran: all that is left of them if the trader's machine dies."""

    sent: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    moments: list[tuple[str, float]] = field(default_factory=list)
    """When each of these came: an order, a report, a logon, a logout; by the host's monotonic clock."""

    def note(self, event: str, *, at: float) -> None:
        """Enter the moment of an event."""
        if event in ("sent", "reported", "logon", "logout"):
            self.moments.append((event, at))

    def take(self, event: dict[str, Any]) -> bool:
        """Enter an event; whether it was one of these."""
        pages = {"sent": self.sent, "reported": self.reported}
        if event["event"] not in pages:
            return False
        pages[event["event"]].append(event["order"])
        return True

    def account(self) -> dict[str, Any]:
        """As `Orders.account`, as far as it is known."""
        ours = set(self.sent)
        none: dict[str, Any] = {"late": [], "recovered": [], "duplicated": 0, "possible_duplicates": 0, "held": 0}
        return none | {
            "sent": list(self.sent),
            "reported": [order for order in self.reported if order in ours],
            "strangers": [order for order in self.reported if order not in ours],
        }


class Executions:
    """The exchange's ledger, on disk: each order is executed once, whatever happens to the session."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._executed: dict[str, str] = {}
        self._refused: list[str] = []

    def execute(self, order: str) -> str | None:
        """Execute an order: its ExecID, or None if it was executed before."""
        if order in self._executed:
            self._refused.append(order)
            self._write({"order": order, "refused": "already executed"})
            return None
        execution = f"E{len(self._executed) + 1}"
        self._executed[order] = execution
        self._write({"order": order, "execution": execution})
        return execution

    def account(self) -> dict[str, Any]:
        """What the two ledgers are reconciled from."""
        return {"executed": list(self._executed), "refused": self._refused}

    def _write(self, row: dict[str, str]) -> None:
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """Every order accounted for: `sent == reported + len(lost)`."""

    sent: int
    executed: int
    reported: int
    lost: tuple[str, ...]
    """Sent, and the trader never heard of them again."""
    unexecuted: tuple[str, ...]
    """Of the lost, those that never reached the exchange."""
    duplicated: int
    """Orders that reached the exchange twice as new, and reports that came twice as new."""
    late: tuple[str, ...]
    """Queued while the session was down or lost with it, and sent on the next logon: at the market of that moment."""
    recovered: int
    """Reports that were missed and came by a resend."""
    possible_duplicates: int
    """Reports that came again, marked as such (PossDupFlag): harmless."""
    held: int
    """Due while the session was down, and not sent at all."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost and nothing was doubled."""
        return not self.lost and not self.duplicated


def reconcile(*, trader: dict[str, Any], exchange: dict[str, Any]) -> Reconciliation:
    """Put the two accounts side by side."""
    reported, executed = set(trader["reported"]), set(exchange["executed"])
    lost = tuple(order for order in trader["sent"] if order not in reported)
    return Reconciliation(
        sent=len(trader["sent"]),
        executed=len(executed),
        reported=len(reported),
        lost=lost,
        unexecuted=tuple(order for order in lost if order not in executed),
        duplicated=trader["duplicated"] + len(exchange["refused"]),
        late=tuple(trader["late"]),
        recovered=len(trader["recovered"]),
        possible_duplicates=trader["possible_duplicates"],
        held=trader["held"],
    )
