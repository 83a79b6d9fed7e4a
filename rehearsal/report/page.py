"""The report as files: `report.json`, and `report.html`, with its pictures, that needs nothing beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from rehearsal.report.content import Report, TunnelSeen
from rehearsal.report.origin import EMULATED

_ROW, _BAR, _LABEL, _WIDTH = 26, 16, 345, 960
_BOX_WIDTH, _BOX_HEIGHT, _GAP = 204, 76, 44
_PITCH = _BOX_HEIGHT + 20


@dataclass(frozen=True)
class _Box:
    """A box of the topology, with its lines of text, in a column (from the left) at a height."""

    column: int
    y: int
    title: str
    lines: tuple[str, ...]
    kind: str

    @property
    def left(self) -> int:
        return 6 + self.column * (_BOX_WIDTH + _GAP)

    @property
    def middle(self) -> int:
        return self.y + _BOX_HEIGHT // 2

    def draw(self) -> str:
        centre = self.left + _BOX_WIDTH // 2
        text = "".join(
            f'<text x="{centre}" y="{self.y + 44 + 17 * number}" class="small">{escape(line)}</text>'
            for number, line in enumerate(self.lines)
        )
        return (
            f'<rect x="{self.left}" y="{self.y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="8" class="box {self.kind}"/>'
            f'<text x="{centre}" y="{self.y + 24}" class="title">{escape(self.title)}</text>{text}'
        )

    def line_to(self, other: _Box, kind: str) -> str:
        """From the right of this one to the left of the other."""
        ends = f'x1="{self.left + _BOX_WIDTH}" y1="{self.middle}" x2="{other.left}" y2="{other.middle}"'
        return f'<line {ends} class="line {kind}"/>'


def topology_picture(report: Report) -> Markup:
    """The client's side, EC2's edge, each of the venues' gateways with its tunnel, and the exchanges behind them."""
    tunnels = report.tunnels or [TunnelSeen(name="no tunnel", established=False, role="", peer="")]
    sessions = [[fix for fix in report.fix if fix.tunnel == tunnel.name] for tunnel in tunnels]
    rows = [max(1, len(over)) for over in sessions]
    height = max(sum(rows), 2 if report.trading_host else 1) * _PITCH
    middle = (height - _BOX_HEIGHT) // 2
    edge = _Box(1, middle, "EC2’s edge", (f"1:1 NAT {report.elastic_ip}", "ESP and AH dropped"), "edge")
    own = _clients_side(report, middle)
    parts = [*(box.draw() for box in (*own, edge)), *(box.line_to(edge, "wire") for box in own)]
    for number, tunnel in enumerate(tunnels):
        state, above = _state(tunnel), sum(rows[:number])
        middle_row = above * _PITCH + (rows[number] * _PITCH - _BOX_HEIGHT) // 2
        peer = _Box(2, middle_row, tunnel.name, (tunnel.peer, f"{tunnel.role} · {state}"), state)
        parts += [edge.line_to(peer, state), peer.draw()]
        for row, fix in enumerate(sessions[number], above):
            seen = (f"sees {fix.source_seen}", f"{fix.reports_received} of {fix.orders_sent} orders")
            exchange = _Box(3, row * _PITCH + (_PITCH - _BOX_HEIGHT) // 2, fix.endpoint, seen, "up")
            parts += [peer.line_to(exchange, "up"), exchange.draw()]
    return _svg(height, "".join(parts), "topology")


def _clients_side(report: Report, middle: int) -> tuple[_Box, ...]:
    """The gateway, with the FIX engine on it or on a host beside it."""
    if not report.trading_host:
        return (_Box(0, middle, "gateway, FIX engine", (report.private_ip, report.image), "own"),)
    return (
        _Box(0, middle - _PITCH // 2, "gateway", (report.private_ip, report.image), "own"),
        _Box(0, middle + _PITCH // 2, "trading host", (report.trading_host, "FIX engine"), "own"),
    )


def _state(tunnel: TunnelSeen) -> str:
    return "up" if tunnel.established else "waits" if tunnel.role == "standby" else "down"


def timeline_picture(report: Report) -> Markup:
    """A bar for each step, from the beginning of the rehearsal to its end."""
    steps = sorted(report.timeline, key=lambda step: step.at)
    end = max((step.at + step.seconds for step in steps), default=1.0) or 1.0
    scale = (_WIDTH - _LABEL - 70) / end
    rows = []
    for number, step in enumerate(steps):
        y = 10 + number * _ROW
        x, width = _LABEL + step.at * scale, max(2.0, step.seconds * scale)
        rows.append(
            f'<text x="{_LABEL - 10}" y="{y + 13}" class="label">{escape(step.step)}</text>'
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="3" class="bar {step.by}"/>'
            f'<text x="{x + width + 6:.1f}" y="{y + 13}" class="value">{step.seconds:.1f} s</text>'
        )
    return _svg(20 + len(steps) * _ROW, "".join(rows), "timeline")


def _svg(height: int, content: str, name: str) -> Markup:
    # What comes from outside is escaped where it is put in.
    return Markup(  # noqa: S704
        f'<svg class="{name}" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{name}">{content}</svg>'
    )


_TEMPLATES = Path(__file__).parent / "templates"


def write(report: Report, folder: Path) -> tuple[Path, Path]:
    """Write both files into a folder; where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    data, page = folder / "report.json", folder / "report.html"
    data.write_text(json.dumps(report.as_dict(), indent=2) + "\n")
    page.write_text(_page(report))
    return data, page


def _page(report: Report) -> str:
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, autoescape=True)
    return environment.get_template("report.html.j2").render(
        report=report, emulated=EMULATED, topology=topology_picture(report), timeline=timeline_picture(report)
    )
