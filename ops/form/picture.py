"""The topology as a picture: boxes and lines, which HTML has as SVG and PDF as lines of its own."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from model.deployment import Connection, Deployment

WIDTH, _BOX, _ROW, _HIGH = 720, 190, 84, 60


@dataclass(frozen=True, kw_only=True)
class Box:
    """A box with a title and lines of text; measures in points from the upper left corner."""

    x: int
    y: int
    title: str
    lines: tuple[str, ...]
    width: int = _BOX
    height: int = _HIGH


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line between two boxes. A tunnel is drawn thick; one that waits is dashed."""

    x1: int
    y1: int
    x2: int
    y2: int
    waits: bool = False
    tunnel: bool = False


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The whole."""

    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]

    def svg(self) -> str:
        """As SVG, self-contained, in the colours of the page around it."""
        parts = [_svg_line(line) for line in self.lines] + [_svg_box(box) for box in self.boxes]
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" role="img"'
        return f'{head} aria-label="Topology" class="topology">{"".join(parts)}</svg>'


def draw(deployment: Deployment, tunnels: tuple[Connection, ...], address: str | None) -> Picture:
    """Our gateway at the left, the venue's in the middle, its FIX hosts at the right."""
    venue = tunnels[0].venue
    rows = max(len(tunnels), 1)
    height = max(rows * _ROW, 2 * _ROW if deployment.client.trading_hosts else _ROW) + 24
    middle = (height - _HIGH) // 2
    hosts = deployment.client.trading_hosts
    ours_y = middle + _ROW // 2 if hosts else middle
    engine = () if hosts else ("FIX engine on it",)
    boxes = [Box(x=6, y=ours_y, title="Client's gateway", lines=(address or "address to follow", *engine))]
    lines: list[Line] = []
    if hosts:
        boxes.append(Box(x=6, y=ours_y - _ROW, title="Trading hosts", lines=tuple(str(one) for one in hosts)[:2]))
        lines.append(Line(x1=100, y1=ours_y - _ROW + _HIGH, x2=100, y2=ours_y))
    end = Box(x=WIDTH - _BOX - 6, y=middle, title=_short(venue.name), lines=_fix_lines(tunnels[0]))
    for number, tunnel in enumerate(tunnels):
        y = (height - rows * _ROW) // 2 + number * _ROW + (_ROW - _HIGH) // 2
        about = (f"{tunnel.peer.address}", f"{tunnel.name}, {tunnel.tunnel.role}")
        boxes.append(Box(x=290, y=y, title=f"Venue's gateway {tunnel.tunnel.peer}", lines=about, width=180))
        lines.append(Line(x1=196, y1=ours_y + 30, x2=290, y2=y + 30, waits=not tunnel.is_active, tunnel=True))
        lines.append(Line(x1=470, y1=y + 30, x2=end.x, y2=middle + 30))
    return Picture(height=height, boxes=(*boxes, end), lines=tuple(lines))


def _fix_lines(tunnel: Connection) -> tuple[str, ...]:
    return tuple(f"{one.role}: {one.where}" for one in tunnel.venue.endpoints)[:2]


def _short(text: str) -> str:
    return text if len(text) <= 26 else text[:25] + "…"


def _svg_box(box: Box) -> str:
    middle = box.x + box.width // 2
    text = "".join(
        f'<text x="{middle}" y="{box.y + 38 + 14 * number}" class="small">{escape(line)}</text>'
        for number, line in enumerate(box.lines)
    )
    rect = f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="6"/>'
    return f'{rect}<text x="{middle}" y="{box.y + 21}" class="title">{escape(box.title)}</text>{text}'


def _svg_line(line: Line) -> str:
    kind = "tunnel" if line.tunnel else "wire"
    dashes = ' stroke-dasharray="6 4"' if line.waits else ""
    return f'<line x1="{line.x1}" y1="{line.y1}" x2="{line.x2}" y2="{line.y2}" class="{kind}"{dashes}/>'
