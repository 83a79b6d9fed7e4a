"""The topology as a picture: boxes and lines, which HTML has as SVG and PDF as lines of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from model.deployment import Connection, Deployment
from ops.drawing import Drawing

WIDTH, _BOX, _ROW, _HIGH = 720, 190, 84, 60
_LINES = 5
_NARROW, _SET_IN = 360, 24


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
    width: int = WIDTH

    def narrow(self) -> Picture:
        """The same for a telephone: one under the other, each column set in from the one before."""
        columns = sorted({box.x for box in self.boxes})
        boxes: list[Box] = []
        lines: list[Line] = []
        tunnels = iter([line for line in self.lines if line.tunnel])
        feet: dict[int, int] = {}
        y = 8
        for box in sorted(self.boxes, key=lambda box: (box.x, box.y)):
            column = columns.index(box.x)
            placed = replace(box, x=8 + _SET_IN * column, y=y, width=_NARROW - 16 - _SET_IN * column)
            rail, middle = 8 + _SET_IN * max(0, column - 1) + _SET_IN // 2, y + box.height // 2
            above = feet.get(max(0, column - 1))
            drawn = next(tunnels) if column == 1 else Line(x1=0, y1=0, x2=0, y2=0)
            if above is not None:
                lines.append(replace(drawn, x1=rail, y1=above, x2=rail, y2=middle if column else y))
            if column:
                lines.append(replace(drawn, x1=rail, y1=middle, x2=placed.x, y2=middle))
            boxes.append(placed)
            feet[column] = y + box.height
            y += box.height + 20
        return Picture(height=y - 8, boxes=tuple(boxes), lines=tuple(lines), width=_NARROW)

    def svg(self) -> str:
        """As SVG, self-contained, in the colours of the page around it."""
        drawing = Drawing(self.width, self.height)
        for line in self.lines:
            kind = "tunnel" if line.tunnel else "wire"
            drawing.line(line.x1, line.y1, line.x2, line.y2, f"{kind} waits" if line.waits else kind)
        for box in self.boxes:
            middle = box.x + box.width // 2
            drawing.rect(box.x, box.y, box.width, box.height, "box", round=6)
            drawing.text(middle, box.y + 21, box.title, "title", anchor="middle")
            for number, text in enumerate(box.lines):
                drawing.text(middle, box.y + 38 + 14 * number, text, "small", anchor="middle")
        return drawing.svg("topology narrow" if self.width == _NARROW else "topology wide", "Topology")


def draw(deployment: Deployment, tunnels: tuple[Connection, ...], address: str | None) -> Picture:
    """Our gateway at the left, the venue's in the middle, its FIX hosts at the right."""
    venue = tunnels[0].venue
    rows = max(len(tunnels), 1)
    ends = _fix_lines(tunnels[0])
    tall = max(_HIGH, 32 + 14 * len(ends))
    height = max(rows * _ROW, 2 * _ROW if deployment.client.trading_hosts else _ROW, tall) + 24
    middle = (height - _HIGH) // 2
    hosts = deployment.client.trading_hosts
    ours_y = middle + _ROW // 2 if hosts else middle
    engine = () if hosts else ("FIX engine on it",)
    boxes = [Box(x=6, y=ours_y, title="Client's gateway", lines=(address or "address to follow", *engine))]
    lines: list[Line] = []
    if hosts:
        boxes.append(Box(x=6, y=ours_y - _ROW, title="Trading hosts", lines=_some([str(one) for one in hosts], 2)))
        lines.append(Line(x1=100, y1=ours_y - _ROW + _HIGH, x2=100, y2=ours_y))
    end = Box(x=WIDTH - _BOX - 6, y=(height - tall) // 2, title=_short(venue.name), lines=ends, height=tall)
    for number, tunnel in enumerate(tunnels):
        y = (height - rows * _ROW) // 2 + number * _ROW + (_ROW - _HIGH) // 2
        about = (f"{tunnel.peer.address}", f"{tunnel.name}, {tunnel.tunnel.role}")
        boxes.append(Box(x=290, y=y, title=f"Venue's gateway {tunnel.tunnel.peer}", lines=about, width=180))
        lines.append(Line(x1=196, y1=ours_y + 30, x2=290, y2=y + 30, waits=not tunnel.is_active, tunnel=True))
        lines.append(Line(x1=470, y1=y + 30, x2=end.x, y2=middle + 30))
    return Picture(height=height, boxes=(*boxes, end), lines=tuple(lines))


def _fix_lines(tunnel: Connection) -> tuple[str, ...]:
    """Each end by its name, with its port; with its host where they are on several, and as many as there is room for."""
    ends = tunnel.venue.endpoints
    hosts = {str(one.host) for one in ends}
    if len(hosts) == 1:
        return _some([*hosts, *(f"{one.name} {one.where.removeprefix(str(one.host))}" for one in ends)], _LINES)
    return _some([f"{one.name} {one.where}" for one in ends], _LINES)


def _some(lines: list[str], most: int) -> tuple[str, ...]:
    return tuple(lines) if len(lines) <= most else (*lines[: most - 1], f"and {len(lines) - most + 1} more")


def _short(text: str) -> str:
    return text if len(text) <= 26 else text[:25] + "…"
