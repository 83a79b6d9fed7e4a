"""The two ledgers, and what they say together: a lost or doubled order must never pass for a good one."""

from __future__ import annotations

import json
from pathlib import Path

from rehearsal.fix.ledger import Executions, Orders, reconcile


def _report(orders: Orders, order: str, execution: str, *, at_ns: int = 5, again: bool = False) -> None:
    orders.reported(order, execution=execution, at_ns=at_ns, possible_duplicate=again)


def _sent(*names: str, queued: bool = False) -> Orders:
    orders = Orders()
    for number, name in enumerate(names):
        orders.sent(name, at_ns=number, queued=queued)
    return orders


def test_an_order_is_reported_once() -> None:
    orders = _sent("a", "b")
    _report(orders, "a", "E1")
    assert orders.unreported() == ("b",)
    assert orders.round_trips(["a", "b"]) == [5]


def test_no_orders_asked_for_are_none_unreported() -> None:
    assert _sent("a").unreported(()) == ()


def test_a_second_execution_of_an_order_is_a_duplicate() -> None:
    orders = _sent("a")
    _report(orders, "a", "E1")
    _report(orders, "a", "E2")
    assert orders.account()["duplicated"] == 1


def test_the_same_report_again_is_a_duplicate_unless_it_says_so() -> None:
    orders = _sent("a")
    _report(orders, "a", "E1")
    _report(orders, "a", "E1")
    _report(orders, "a", "E1", again=True)
    assert (orders.duplicated, orders.possible_duplicates) == (1, 1)


def test_a_report_that_came_by_a_resend_is_counted_apart_and_not_timed() -> None:
    orders = _sent("a")
    _report(orders, "a", "E1", again=True)
    assert orders.account()["recovered"] == ["a"]
    assert orders.round_trips(["a"]) == []


def test_a_queued_order_that_went_out_after_all_is_late_and_not_timed() -> None:
    orders = _sent("a", queued=True)
    orders.resent("a")
    _report(orders, "a", "E1")
    assert orders.account()["late"] == ["a"]
    assert orders.round_trips(["a"]) == []


def test_a_report_of_nothing_we_sent_is_unsolicited() -> None:
    orders = _sent()
    _report(orders, "NONE", "B1")
    assert (orders.unsolicited, orders.duplicated) == (1, 0)


def test_the_exchange_executes_an_order_once_and_writes_it_down(tmp_path: Path) -> None:
    executions = Executions(tmp_path / "executions.jsonl")
    assert executions.execute("a") == "E1"
    assert executions.execute("a") is None
    assert executions.execute("b") == "E2"
    rows = [json.loads(line) for line in (tmp_path / "executions.jsonl").read_text().splitlines()]
    assert [row["order"] for row in rows] == ["a", "a", "b"]
    assert executions.account() == {"executed": ["a", "b"], "refused": ["a"]}


def test_what_the_two_say_together(tmp_path: Path) -> None:
    orders, executions = _sent("fine", "unheard", "unsent"), Executions(tmp_path / "x")
    for order in ("fine", "unheard", "fine"):
        executions.execute(order)
    _report(orders, "fine", "E1")
    account = reconcile(trader=orders.account(), exchange=executions.account())
    assert (account.sent, account.executed, account.reported) == (3, 2, 1)
    assert account.lost == ("unheard", "unsent")
    assert account.unexecuted == ("unsent",)
    assert account.duplicated == 1
    assert not account.is_clean
