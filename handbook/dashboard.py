"""docs/pictures/dashboard.svg: a client's page in CloudWatch, drawn from its own definition with invented figures.

The definition is what the stack of an example client has: the snapshot of its template, which a test holds to the code.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.drawing import Drawing
from userdata import contract

TEMPLATE = Path(__file__).parents[1] / "tests/snapshots/templates/acme-capital.json"
_COLUMN, _LINE, _GAP, _TOP = 40, 30, 8, 46
_MINUTES, _FAULT = 180, 100
"""What is shown: three hours, and the minute in which a venue restarted its gateway."""
_HIT = {"Northbridge", "northbridge"}
_SAID = (
    ("14:41:08", "Northbridge: up"),
    ("14:41:06", "Northbridge: trying"),
    ("14:41:05", "Northbridge is down, so we began to negotiate"),
    ("14:41:05", "Northbridge: down"),
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a widget is drawn."""

    x: float
    y: float
    wide: float
    high: float


def picture() -> str:
    """Every widget in its place."""
    widgets = _body()["widgets"]
    rows = max(one["y"] + one["height"] for one in widgets)
    drawing = Drawing(24 * _COLUMN, _TOP + rows * _LINE)
    drawing.text(14, 20, "CloudWatch, Dashboards: fixtunnel-acme-capital", "strong")
    drawing.text(
        14, 37, "Its own definition, with invented figures: three hours, and one restart of a venue’s gateway.", "dim"
    )
    for widget in widgets:
        at = Place(
            x=widget["x"] * _COLUMN + 4,
            y=_TOP + widget["y"] * _LINE,
            wide=widget["width"] * _COLUMN - _GAP,
            high=widget["height"] * _LINE - _GAP,
        )
        drawing.rect(at.x, at.y, at.wide, at.high, "frame", round=5)
        drawing.text(at.x + 12, at.y + 20, widget["properties"]["title"], "strong")
        if widget["type"] == "metric":
            _graph(drawing, widget["properties"]["metrics"], at)
        else:
            _words(drawing, at)
    return drawing.svg("dashboard", "The dashboard of a client", alone=True) + "\n"


def _body() -> Mapping[str, Any]:
    resources = json.loads(TEMPLATE.read_text())["Resources"].values()
    (found,) = [one for one in resources if one["Type"] == "AWS::CloudWatch::Dashboard"]
    body: Mapping[str, Any] = json.loads(found["Properties"]["DashboardBody"])
    return body


def _graph(drawing: Drawing, metrics: Sequence[Sequence[str]], place: Place) -> None:
    traces = [_sample(metric) for metric in metrics]
    most = max(1.0, *(max(trace) for trace in traces))
    left, top, bottom = place.x + 48, place.y + 34, place.y + place.high - 40
    across, tall = place.wide - 62, bottom - top
    for share in (0, 0.5, 1):
        y = bottom - share * tall
        drawing.line(left, y, left + across, y, "rule")
        drawing.text(left - 6, y + 4, _short(share * most), "dim", anchor="end")
    for number, trace in enumerate(traces):
        points = [(left + at * across / (_MINUTES - 1), bottom - one / most * tall) for at, one in enumerate(trace)]
        drawing.trace(points, f"trace{number % 4}")
    _legend(drawing, _names(metrics), left, left + across, place.y + place.high - 12)


def _legend(drawing: Drawing, names: Sequence[str], left: float, right: float, y: float) -> None:
    at = left
    for number, name in enumerate(names):
        if at + 20 + 6.6 * len(name) > right:
            drawing.text(at, y, "…", "dim")
            return
        drawing.rect(at, y - 9, 9, 9, f"fill{number % 4}", round=2)
        drawing.text(at + 14, y, name, "dim")
        at += 26 + 6.6 * len(name)


def _short(number: float) -> str:
    return f"{number / 1000:.3g} k" if number >= 1000 else f"{number:.3g}"


def _names(metrics: Sequence[Sequence[str]]) -> list[str]:
    """As CloudWatch has them: what tells one from another."""
    words = [(*metric[3::2], metric[1]) for metric in metrics]
    tells = [len(set(column)) > 1 for column in zip(*words, strict=True)]
    return [" ".join(word for word, does in zip(one, tells, strict=True) if does) or one[-1] for one in words]


def _sample(metric: Sequence[str]) -> list[float]:
    chosen = random.Random("".join(metric))  # noqa: S311  a sample, no secret
    made = _SAMPLES.get(metric[1], _nothing)
    waits, is_hit = metric[-1].endswith("_B"), not _HIT.isdisjoint(metric)
    return [0.0 if waits else round(made(chosen, at, is_hit and at == _FAULT), 2) for at in range(_MINUTES)]


def _nothing(_chosen: random.Random, _minute: int, _hit: bool) -> float:
    return 0.0


def _up(_chosen: random.Random, _minute: int, hit: bool) -> float:
    return 0.0 if hit else 1.0


def _down(_chosen: random.Random, _minute: int, hit: bool) -> float:
    return 7.0 if hit else 0.0


def _bytes(chosen: random.Random, minute: int, hit: bool) -> float:
    return (0.7 if hit else 1.0) * 42_000 * (1 + 0.3 * math.sin(minute / 17)) * chosen.uniform(0.9, 1.1)


def _milliseconds(chosen: random.Random, _minute: int, hit: bool) -> float:
    return 40.0 if hit else chosen.uniform(7, 9)


def _rekeys(_chosen: random.Random, minute: int, _hit: bool) -> float:
    return 1.0 if minute % 55 == 20 else 0.0


def _age(_chosen: random.Random, minute: int, _hit: bool) -> float:
    return 60.0 * ((minute - 20) % 55)


_SAMPLES: Mapping[str, Callable[[random.Random, int, bool], float]] = {
    contract.TUNNEL_STATE: _up,
    contract.TUNNEL_DOWN_SECONDS: _down,
    contract.TUNNEL_DATA_IN: _bytes,
    contract.TUNNEL_DATA_OUT: _bytes,
    contract.FIX_PORT_CONNECT_MS: _milliseconds,
    contract.REKEYS: _rekeys,
    contract.CHILD_SA_AGE_SECONDS: _age,
}


def _words(drawing: Drawing, place: Place) -> None:
    left, right = place.x + 12, place.x + place.wide - 12
    drawing.text(left, place.y + 46, "@timestamp", "dim")
    drawing.text(left + 108, place.y + 46, "said", "dim")
    for number, (at, said) in enumerate(_SAID):
        top = place.y + 56 + number * 24
        drawing.line(left, top, right, top, "rule")
        drawing.text(left, top + 16, at)
        drawing.text(left + 108, top + 16, said)
