"""Boxes and arrows, as a picture that a page shows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ops.drawing import Drawing

_LINE, _TITLE, _HEAD = 17, 22, 8


@dataclass(frozen=True, kw_only=True)
class Box:
    """A box with a title and lines below it; an `area` holds others. Measures in points from the upper left corner."""

    x: int
    y: int
    width: int
    height: int
    title: str
    lines: tuple[str, ...] = ()
    is_area: bool = False

    def onto(self, drawing: Drawing) -> None:
        """Draw it."""
        if not self.is_area:
            drawing.rect(self.x, self.y, self.width, self.height, "tint", round=6)
        drawing.rect(self.x, self.y, self.width, self.height, "frame", round=6)
        middle = self.x + self.width / 2
        drawing.text(middle, self.y + _TITLE, self.title, "strong", anchor="middle")
        for number, line in enumerate(self.lines, start=1):
            drawing.text(middle, self.y + _TITLE + _LINE * number, line, anchor="middle")


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """From one point to another, with words above its middle. A tunnel has the colour of what flows."""

    start: tuple[int, int]
    end: tuple[int, int]
    words: str = ""
    is_tunnel: bool = False

    def onto(self, drawing: Drawing) -> None:
        """Draw it."""
        (x1, y1), (x2, y2) = self.start, self.end
        kind = "trace0" if self.is_tunnel else "axis"
        drawing.line(x1, y1, x2, y2, kind)
        along = math.atan2(y2 - y1, x2 - x1)
        for turned in (math.pi - 0.4, math.pi + 0.4):
            drawing.line(x2, y2, x2 + _HEAD * math.cos(along + turned), y2 + _HEAD * math.sin(along + turned), kind)
        drawing.text((x1 + x2) / 2, (y1 + y2) / 2 - 8, self.words, "dim", anchor="middle")


def svg(parts: Iterable[Box | Arrow], *, width: int, height: int, name: str, label: str) -> str:
    """The whole picture. `label` is what a screen reader says."""
    drawing = Drawing(width, height)
    for part in parts:
        part.onto(drawing)
    return drawing.svg(name, label, alone=True) + "\n"
