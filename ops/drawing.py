"""The one place that draws SVG: shapes and text, each of a kind that the page around it gives a colour."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Literal

STYLE = """\
svg { font-family: system-ui, sans-serif; --ink: #1d2733; --dim: #5d6b7a; --line: #d5dce4; --good: #1c7c4a; --bad: #b3261e;
  --wait: #b07a00; --paper: #fff; --tint: #f5f7fa; --flow: #3b73d9; background: var(--paper); }
@media (prefers-color-scheme: dark) { svg { --ink: #e6ebf0; --dim: #97a4b2; --line: #38434f; --good: #58c48b; --bad: #ff8a80;
  --wait: #e3b341; --paper: #141a21; --tint: #1c242d; --flow: #7ea8f8; } }
text { fill: var(--ink); font-size: 12px; } .dim { fill: var(--dim); } .strong { font-weight: 600; }
.good { fill: var(--good); } .bad { fill: var(--bad); } .wait { fill: var(--wait); } .flow { fill: var(--flow); }
.tint { fill: var(--tint); } .never { fill: var(--bad); opacity: .45; } .area { fill: var(--bad); opacity: .1; }
.rule { stroke: var(--line); stroke-width: 1; } .axis { stroke: var(--dim); stroke-width: 1; }
.mark { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 4 3; } .frame { fill: none; stroke: var(--line); }
.trace0, .trace1, .trace2, .trace3 { fill: none; stroke-width: 1.5; } .trace0 { stroke: var(--flow); }
.trace1 { stroke: var(--good); } .trace2 { stroke: var(--wait); } .trace3 { stroke: var(--bad); }
.fill0 { fill: var(--flow); } .fill1 { fill: var(--good); } .fill2 { fill: var(--wait); } .fill3 { fill: var(--bad); }
"""
"""For a picture that stands by itself. A page has the same names in its own style."""
Anchor = Literal["start", "middle", "end"]


@dataclass
class Drawing:
    """A picture in units of its own, from the upper left corner. What is given as text is escaped here, and only here."""

    width: float
    height: float
    _parts: list[str] = field(default_factory=list)

    def rect(
        self, x: float, y: float, width: float, height: float, kind: str, *, round: float = 0, tip: str = ""
    ) -> None:
        """A rectangle; `tip` is shown to who points at it."""
        told = f"<title>{escape(tip)}</title>" if tip else ""
        corners = f' rx="{round:g}"' if round else ""
        size = f'x="{x:.1f}" y="{y:.1f}" width="{max(0, width):.1f}" height="{max(0, height):.1f}"'
        self._parts.append(f'<rect {size}{corners} class="{kind}">{told}</rect>')

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """A line."""
        self._parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>')

    def trace(self, points: list[tuple[float, float]], kind: str) -> None:
        """A line through all of these."""
        through = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline points="{through}" class="{kind}"/>')

    def text(self, x: float, y: float, text: str, kind: str = "", *, anchor: Anchor = "start") -> None:
        """A line of text, by its base line."""
        where = f' text-anchor="{anchor}"' if anchor != "start" else ""
        named = f' class="{kind}"' if kind else ""
        self._parts.append(f'<text x="{x:.1f}" y="{y:.1f}"{where}{named}>{escape(text)}</text>')

    def svg(self, name: str, label: str, *, alone: bool = False) -> str:
        """The picture. `alone`: with the colours in it, for a file of its own."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" role="img"'
        style = f"<style>{STYLE}</style>" if alone else ""
        return f'{head} class="{escape(name)}" aria-label="{escape(label)}">{style}{"".join(self._parts)}</svg>'
