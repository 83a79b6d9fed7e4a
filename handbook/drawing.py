"""Boxes and arrows as SVG: a picture that a page of the site shows, in light and in dark, and that loads nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

_STYLE = """\
<style>
text { font-family: system-ui, sans-serif; font-size: 13px; text-anchor: middle; fill: #1c2530 }
.title { font-weight: 600; font-size: 15px }
.box { fill: #f4f6f8; stroke: #5c6875; stroke-width: 1.5 }
.area { fill: none; stroke: #9aa5b1; stroke-dasharray: 6 4 }
.arrow { fill: none; stroke: #5c6875; stroke-width: 1.5; marker-end: url(#head) }
.tunnel { stroke: #0b5cab; stroke-width: 4 }
.head { fill: #5c6875 }
</style>
<rect width="100%" height="100%" rx="8" fill="#ffffff"/>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse"
orient="auto"><path d="M0 0 L8 4 L0 8 z" class="head"/></marker></defs>
"""
LINE, TITLE = 18, 22


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

    def svg(self) -> str:
        """As a part of a picture."""
        middle = self.x + self.width // 2
        kind = "area" if self.is_area else "box"
        rows = [f'<text x="{middle}" y="{self.y + TITLE}" class="title">{escape(self.title)}</text>']
        rows += [
            f'<text x="{middle}" y="{self.y + TITLE + LINE * number}">{escape(line)}</text>'
            for number, line in enumerate(self.lines, start=1)
        ]
        rect = f'<rect x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}" rx="6" class="{kind}"/>'
        return "\n".join([rect, *rows])


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """From one point to another, with words above its middle."""

    start: tuple[int, int]
    end: tuple[int, int]
    words: str = ""
    is_tunnel: bool = False

    def svg(self) -> str:
        """As a part of a picture."""
        (x1, y1), (x2, y2) = self.start, self.end
        kind = "arrow tunnel" if self.is_tunnel else "arrow"
        drawn = f'<path d="M{x1} {y1} L{x2} {y2}" class="{kind}"/>'
        words = (
            f'\n<text x="{(x1 + x2) // 2}" y="{(y1 + y2) // 2 - 8}">{escape(self.words)}</text>' if self.words else ""
        )
        return drawn + words


def svg(parts: Iterable[Box | Arrow], *, width: int, height: int, about: str) -> str:
    """The whole picture. `about` is what a screen reader says."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    return "\n".join(
        [head, f"<title>{escape(about)}</title>", _STYLE + "\n".join(one.svg() for one in parts), "</svg>\n"]
    )
