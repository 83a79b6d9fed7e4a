"""docs/pictures/recovery.svg: how long a trader heard nothing, with our settings and with the original script's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.drawing import Drawing

TABLE = Path(__file__).parents[1] / "docs/recovery.md"
_SEED = " (seed)"
_WIDTH, _LEFT, _RIGHT, _BAR, _ROW, _TOP = 900, 330, 190, 15, 46, 74


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One fault: seconds between two reports, and whether orders flowed again without a person."""

    fault: str
    ours: float
    seeds: float
    came_back: bool
    seeds_came_back: bool


def pairs() -> Iterator[Pair]:
    """The faults of the page's tables that were played with both settings."""
    rows: dict[str, tuple[str, str]] = {}
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if re.fullmatch("[0-9]+", cells[0]) and len(cells) > 9:
            rows.setdefault(cells[1], (cells[8], cells[9]))
    for fault, (recovered, silence) in rows.items():
        other = rows.get(fault + _SEED)
        if other and silence and other[1]:
            yield Pair(
                fault=fault,
                ours=_seconds(silence),
                seeds=_seconds(other[1]),
                came_back=recovered != "never",
                seeds_came_back=other[0] != "never",
            )


def _seconds(cell: str) -> float:
    found = re.fullmatch(r"([0-9.]+) s", cell)
    assert found, f"{cell} is no time"
    return float(found[1])


def picture() -> str:
    """A pair of bars for each fault."""
    found = list(pairs())
    drawing = Drawing(_WIDTH, _TOP + len(found) * _ROW + 34)
    longest = max(max(one.ours, one.seeds) for one in found)
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    drawing.text(16, 28, "How long a trader heard nothing", "strong")
    drawing.text(
        16, 46, "Seconds between two execution reports, the fault itself in them, on an emulated processor.", "dim"
    )
    for x, kind, name in ((_LEFT, "good", "fixtunnel"), (_LEFT + 110, "never", "the original script’s settings")):
        drawing.rect(x, 56, 12, 12, kind, round=2)
        drawing.text(x + 18, 66, name, "dim")
    for number, one in enumerate(found):
        y = _TOP + number * _ROW
        for line, part in enumerate(_broken(one.fault)):
            drawing.text(_LEFT - 12, y + 19 + 14 * line, part, anchor="end")
        bars = ((one.ours, one.came_back, "good"), (one.seeds, one.seeds_came_back, "never"))
        for place, (seconds, came_back, kind) in enumerate(bars):
            top, wide = y + 6 + place * (_BAR + 3), max(2, seconds * scale)
            drawing.rect(_LEFT, top, wide, _BAR, kind, round=2)
            said = f"{seconds:.1f} s" + ("" if came_back else ", then a person")
            drawing.text(_LEFT + wide + 7, top + 12, said, "dim" if place else "strong")
    drawing.line(_LEFT, _TOP, _LEFT, _TOP + len(found) * _ROW, "axis")
    drawing.text(
        16, drawing.height - 12, "“then a person”: no order came through until somebody restarted the engine.", "dim"
    )
    return drawing.svg("recovery", "How long a trader heard nothing, of each fault", alone=True) + "\n"


def _broken(text: str) -> tuple[str, ...]:
    """On two lines where one has no room for it."""
    if len(text) <= 48:
        return (text,)
    first = text[:48].rsplit(" ", 1)[0]
    return first, text[len(first) + 1 :]
