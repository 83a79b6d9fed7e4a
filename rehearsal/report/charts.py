"""Pictures of figures: how long orders took, and how a session went around a fault. Small enough for a telephone's width."""

from __future__ import annotations

from collections.abc import Callable

from ops.drawing import Drawing
from rehearsal.report.content import Course, Fix, States

_WIDTH, _LEFT, _RIGHT = 420, 44, 10
_PLOT = _WIDTH - _LEFT - _RIGHT
_GOOD = {"up", "answers", "on"}
_WAITING = {"trying", "ike", "partly-up", "waiting", "standby"}
_Scale = Callable[[float], float]
_MOST_BARS = 240
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)


def latency(fix: Fix) -> str:
    """From order to report: how many round trips of each length, with the median and the 99th percentile."""
    assert fix.rtt_us
    bars, high = fix.rtt_histogram, 120
    drawing, most = Drawing(_WIDTH, high + 52), max(count for _, count in bars)
    width = _PLOT / len(bars)
    every = max(1, -(-len(bars) // 5))
    for number, (bound, count) in enumerate(bars):
        x, tall = _LEFT + number * width, high * count / most
        drawing.rect(x + 1, 18 + high - tall, width - 2, tall, "flow", tip=f"{count} below {_time(bound)}")
        if number % every == every // 2 and number < len(bars) - 1:
            drawing.text(x + width, 18 + high + 15, _time(bound), "dim", anchor="middle")
    drawing.line(_LEFT, 18 + high, _WIDTH - _RIGHT, 18 + high, "axis")
    drawing.text(_LEFT - 6, 26, str(most), "dim", anchor="end")
    drawing.text(_LEFT - 6, 18 + high, "0", "dim", anchor="end")
    for name in ("p50", "p99"):
        x = _LEFT + _place(bars, fix.rtt_us[name]) * width
        drawing.line(x, 14, x, 18 + high, "mark")
        drawing.text(x - 3, 11, f"{name} {_time(fix.rtt_us[name])}", "strong", anchor="end")
    drawing.text(_LEFT + _PLOT / 2, high + 48, "order to report, a logarithmic scale", "dim", anchor="middle")
    return drawing.svg("chart", f"Latency of {fix.endpoint}")


def _place(bars: tuple[tuple[int, int], ...], us: int) -> float:
    """Where a time stands, counted in bars from the left."""
    return next((n + 0.5 for n, (bound, _) in enumerate(bars) if us < bound), len(bars) - 0.5)


def _time(us: float) -> str:
    if us < 1000:
        return f"{us:.0f} µs"
    return f"{us / 1000:.1f} ms" if us < 9950 else f"{us / 1000:.0f} ms" if us < 1e6 else f"{us / 1e6:.1f} s"


def course(seen: Course, what: str) -> str:
    """Reports of each second, as bars under the line of the orders; the fault as a shade; below, what stood and what did not."""
    top, high, band = 18, 90, 14
    end = seen.begins + len(seen.reported)
    scale = _PLOT / max(1, end - seen.begins)
    most = max(1, *_typical(seen))
    drawing = Drawing(_WIDTH, top + high + 26 + 3 * (band + 5) + 4)

    def x(at: float) -> float:
        return _LEFT + (min(max(at, seen.begins), end) - seen.begins) * scale

    drawing.rect(x(0), top, max(2.0, x(seen.lifted) - x(0)), high, "area")
    drawing.line(x(0), top - 4, x(0), top + high, "mark")
    drawing.text(x(0) + 4, top - 6, "fault", "dim")
    if seen.lifted > 0.1 * (end - seen.begins):
        drawing.line(x(seen.lifted), top - 4, x(seen.lifted), top + high, "mark")
        drawing.text(x(seen.lifted) + 4, top - 6, "lifted", "dim")
    each = -(-len(seen.reported) // _MOST_BARS)
    for number, count in enumerate(_mean(seen.reported, each)):
        tall, second = high * min(1, count / most), seen.begins + number * each
        tip = f"{count:g} reports in second {second}"
        drawing.rect(x(second), top + high - tall, each * scale * 0.86, tall, "flow", tip=tip)
    drawing.trace(
        [(x(seen.begins + n + 0.5), top + high - high * min(1, one / most)) for n, one in enumerate(seen.sent)], "sent"
    )
    drawing.line(_LEFT, top + high, _WIDTH - _RIGHT, top + high, "axis")
    drawing.text(_LEFT - 6, top + 9, f"{most}/s", "dim", anchor="end")
    step = next((one for one in _STEPS if (end - seen.begins) / one <= 7), 7200)
    for at in range(0, end, step):
        drawing.text(x(at), top + high + 14, f"{at} s" if at else "0", "dim", anchor="middle")
    for number, (name, states) in enumerate((("tunnel", seen.tunnel), ("TCP", seen.tcp), ("FIX", seen.fix))):
        _band(drawing, name, states, x, y=top + high + 22 + number * (band + 5), high=band, end=end)
    return drawing.svg("chart", f"Orders and reports around: {what}")


def _mean(counts: tuple[int, ...], each: int) -> list[float]:
    """Of so many seconds each."""
    parts = [counts[at : at + each] for at in range(0, len(counts), each)]
    return [round(sum(part) / len(part), 1) for part in parts]


def _typical(seen: Course) -> tuple[int, int]:
    """The scale: what comes in a burst after the fault goes beyond it."""
    ordered = sorted(seen.sent)
    return ordered[len(ordered) * 9 // 10], ordered[len(ordered) // 2] * 3 // 2


def _band(drawing: Drawing, name: str, states: States, x: _Scale, *, y: float, high: float, end: float) -> None:
    drawing.text(_LEFT - 6, y + high - 3, name, "dim", anchor="end")
    for since, until in zip(states, [*(one.at for one in states[1:]), end], strict=True):
        at, state = since.at, since.state
        kind = "good" if state in _GOOD else "wait" if state in _WAITING else "bad"
        drawing.rect(x(at), y, x(until) - x(at), high, kind, tip=f"{name}: {state} from {at:.1f} s")
        if x(until) - x(at) > 7.2 * len(state) + 6:
            drawing.text((x(at) + x(until)) / 2, y + high - 3.5, state, "on", anchor="middle")
