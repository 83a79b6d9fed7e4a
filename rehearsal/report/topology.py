"""Who stood where: the client's side, EC2's edge, the venue's gateways and the exchanges. From left to right, or downwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.drawing import Drawing
from rehearsal.report.content import Report, TunnelSeen

_BOX_WIDTH, _BOX_HEIGHT, _GAP, _WIDTH = 204, 76, 44, 960
_PITCH = _BOX_HEIGHT + 20
_NARROW, _STEP = 360, 24


@dataclass(frozen=True, kw_only=True)
class _Box:
    """A box with lines of text. `kind` is how it stands: own, edge, up, waits or down."""

    title: str
    lines: tuple[str, ...]
    kind: str

    def draw(self, drawing: Drawing, x: float, y: float, width: float) -> None:
        drawing.rect(x, y, width, _BOX_HEIGHT, f"box {self.kind}", round=8)
        drawing.text(x + width / 2, y + 24, self.title, "strong", anchor="middle")
        for number, line in enumerate(self.lines):
            drawing.text(x + width / 2, y + 44 + 17 * number, line, "dim", anchor="middle")


def wide(report: Report) -> str:
    """From left to right."""
    venue = list(_venues_side(report))
    height = max(sum(max(1, len(exchanges)) for _, exchanges in venue), 2 if report.trading_host else 1) * _PITCH
    middle = (height - _BOX_HEIGHT) / 2
    drawing = Drawing(_WIDTH, height)
    columns = [6 + number * (_BOX_WIDTH + _GAP) for number in range(4)]

    def join(column: int, y: float, to: float, kind: str) -> None:
        ends = columns[column] + _BOX_WIDTH, y + _BOX_HEIGHT / 2, columns[column + 1], to + _BOX_HEIGHT / 2
        drawing.line(*ends, f"line {kind}")

    own = _clients_side(report)
    for number, box in enumerate(own):
        y = middle + (number - (len(own) - 1) / 2) * _PITCH
        box.draw(drawing, columns[0], y, _BOX_WIDTH)
        join(0, y, middle, "wire")
    _edge(report).draw(drawing, columns[1], middle, _BOX_WIDTH)
    row = 0
    for peer, exchanges in venue:
        rows = max(1, len(exchanges))
        y = row * _PITCH + (rows * _PITCH - _BOX_HEIGHT) / 2
        join(1, middle, y, peer.kind)
        peer.draw(drawing, columns[2], y, _BOX_WIDTH)
        for number, exchange in enumerate(exchanges):
            at = (row + number) * _PITCH + (_PITCH - _BOX_HEIGHT) / 2
            join(2, y, at, "up")
            exchange.draw(drawing, columns[3], at, _BOX_WIDTH)
        row += rows
    return drawing.svg("topology wide", "Who stood where")


def narrow(report: Report) -> str:
    """One under the other; what is behind something is set in."""
    rows: list[tuple[int, _Box]] = [(0, box) for box in _clients_side(report)]
    rows.append((0, _edge(report)))
    for peer, exchanges in _venues_side(report):
        rows += [(1, peer), *((2, exchange) for exchange in exchanges)]
    drawing = Drawing(_NARROW, len(rows) * _PITCH)
    above: dict[int, float] = {}
    for number, (depth, box) in enumerate(rows):
        x, y = 4 + depth * _STEP, number * _PITCH + 4
        if depth or number:
            joint = max(0, depth - 1)
            rail = 4 + joint * _STEP + _STEP / 2
            drawing.line(
                rail, above.get(joint, y) + _BOX_HEIGHT, rail, y + (_BOX_HEIGHT / 2 if depth else 0), f"line {box.kind}"
            )
            if depth:
                drawing.line(rail, y + _BOX_HEIGHT / 2, x, y + _BOX_HEIGHT / 2, f"line {box.kind}")
        box.draw(drawing, x, y, _NARROW - 8 - depth * _STEP)
        above[depth] = y
    return drawing.svg("topology narrow", "Who stood where")


def _clients_side(report: Report) -> tuple[_Box, ...]:
    """The gateway, with the FIX engine on it or on a host beside it."""
    if not report.trading_host:
        return (_Box(title="gateway, FIX engine", lines=(report.private_ip, report.image), kind="own"),)
    return (
        _Box(title="trading host", lines=(report.trading_host, "FIX engine"), kind="own"),
        _Box(title="gateway", lines=(report.private_ip, report.image), kind="own"),
    )


def _edge(report: Report) -> _Box:
    return _Box(title="EC2’s edge", lines=(f"1:1 NAT {report.elastic_ip}", "ESP and AH dropped"), kind="edge")


def _venues_side(report: Report) -> Iterator[tuple[_Box, list[_Box]]]:
    """Each of the venues' gateways, with the exchanges that were reached through it."""
    for tunnel in report.tunnels or [TunnelSeen(name="no tunnel", established=False, role="", peer="")]:
        state = "up" if tunnel.established else "waits" if tunnel.role == "standby" else "down"
        peer = _Box(title=tunnel.name, lines=(tunnel.peer, f"{tunnel.role} · {state}"), kind=state)
        yield (
            peer,
            [
                _Box(
                    title=fix.endpoint,
                    lines=(f"sees {fix.source_seen}", f"{fix.reports_received} of {fix.orders_sent} orders"),
                    kind="up",
                )
                for fix in report.fix
                if fix.tunnel == tunnel.name
            ],
        )
