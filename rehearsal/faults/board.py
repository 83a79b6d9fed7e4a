"""The table of faults, for a terminal and for docs/recovery.md."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from rehearsal.report import FaultSeen

_HEADS = (
    "",
    "Fault",
    "Session",
    "Orders",
    "Lost",
    "Twice",
    "Late",
    "Detected",
    "Recovered",
    "Silence",
    "Goal",
    "Clear",
    "Doctor",
)


def board(rows: Iterable[FaultSeen], *, title: str) -> Table:
    """Seconds and packets as in `FaultSeen`; `Late` also counts what was held back, after a slash."""
    table = Table(*_HEADS, title=title, title_justify="left")
    for row in rows:
        table.add_row(*cells(row), style="" if row.cannot or row.is_clean else "bold red")
    return table


def line(row: FaultSeen) -> str:
    """One row as a sentence, for people who watch the play."""
    told = dict(zip(_HEADS, cells(row), strict=True))
    if row.cannot or row.failure:
        return f"{told['']:>2}  {told['Fault']}: {told['Session']}"
    parts = [f"session {told['Session']}", f"recovered {told['Recovered']}", f"silence {told['Silence']}"]
    parts += [f"goal {told['Goal']}"] if row.goal_seconds else []
    parts += [f"{told['Orders']} orders, {told['Lost']} lost, {told['Twice']} twice, {told['Clear']} in the clear"]
    parts += [f"first ESP both ways {_seconds(row.esp_seconds, '')}"] if row.esp_seconds is not None else []
    parts += [f"{row.beside} packets beside the other gateway's"] if row.beside else []
    parts += [f"doctor: {row.doctor}"] if row.doctor else []
    return f"{told['']:>2}  {told['Fault']}: {'; '.join(parts)}"


def markdown(rows: Iterable[FaultSeen]) -> str:
    """The same for a document."""
    lines = [_HEADS, tuple("---" for _ in _HEADS), *(cells(row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cells(row: FaultSeen) -> tuple[str, ...]:
    """One row."""
    whose = " (seed)" if row.settings == "seed" else ""
    head = (str(row.number), f"{row.what}{whose}")
    if row.cannot or row.failure:
        return (*head, row.cannot or f"not played to its end: {row.failure}", *("" for _ in _HEADS[3:]))
    session = "survived" if row.fix_session_survived else f"{row.relogons} new" if row.relogons else "down"
    return (
        *head,
        session,
        str(row.orders_sent),
        f"{row.orders_lost}" + (f" ({row.orders_unknown} unsent)" if row.orders_unknown else ""),
        str(row.orders_duplicated),
        f"{row.orders_late}/{row.orders_held}",
        _seconds(row.detected_seconds, "not noticed"),
        _seconds(row.recovered_seconds, "never"),
        _seconds(row.silence_seconds, ""),
        _seconds(row.goal_seconds, ""),
        str(row.leaked),
        row.doctor,
    )


def _seconds(value: float | None, none: str) -> str:
    return none if value is None else f"{value:.1f} s"
