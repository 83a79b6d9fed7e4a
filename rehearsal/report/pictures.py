"""The pictures of the report, as SVG: who stood where, and where the time went."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from rehearsal.report.content import Report, TunnelSeen

_ROW, _BAR, _LABEL, _WIDTH = 26, 16, 270, 900


@dataclass(frozen=True)
class _Box:
    """A box of the topology, with its lines of text."""

    x: int
    y: int
    title: str
    lines: tuple[str, ...]
    kind: str

    def draw(self, *, width: int = 200, height: int = 76) -> str:
        text = "".join(
            f'<text x="{self.x + width // 2}" y="{self.y + 42 + 16 * number}" class="small">{escape(line)}</text>'
            for number, line in enumerate(self.lines)
        )
        return (
            f'<rect x="{self.x}" y="{self.y}" width="{width}" height="{height}" rx="8" class="box {self.kind}"/>'
            f'<text x="{self.x + width // 2}" y="{self.y + 24}" class="title">{escape(self.title)}</text>{text}'
        )


def topology_picture(report: Report) -> Markup:
    """The gateway, EC2's edge, and each of the venue's gateways with its tunnel."""
    tunnels = report.tunnels or [TunnelSeen(name="no tunnel", established=False, role="", peer="")]
    height = max(1, len(tunnels)) * 96 + 20
    middle = (height - 76) // 2
    parts = [
        _line(200, middle + 38, 350, middle + 38, "wire"),
        _Box(10, middle, "gateway", (report.private_ip, report.image), "own").draw(),
        _Box(350, middle, "EC2’s edge", (f"1:1 NAT {report.elastic_ip}", "ESP and AH dropped"), "edge").draw(),
    ]
    for number, tunnel in enumerate(tunnels):
        y = 10 + number * 96
        state = "up" if tunnel.established else "waits" if tunnel.role == "standby" else "down"
        parts.insert(0, _line(550, middle + 38, 690, y + 38, state))
        parts.append(_Box(690, y, tunnel.name, (tunnel.peer, f"{tunnel.role} · {state}"), state).draw())
    return _svg(height, "".join(parts), "topology")


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


def _line(x1: int, y1: int, x2: int, y2: int, kind: str) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" class="line {kind}"/>'


def _svg(height: int, content: str, name: str) -> Markup:
    # What comes from outside is escaped where it is put in.
    return Markup(  # noqa: S704
        f'<svg class="{name}" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{name}">{content}</svg>'
    )
