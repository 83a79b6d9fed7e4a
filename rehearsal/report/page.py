"""The report as files: `report.json`, and `report.html`, with its pictures, that needs nothing beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rehearsal.report import charts, topology
from rehearsal.report.content import Report
from rehearsal.report.origin import EMULATED

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A line of a chart whose text stays text: where the bar begins and how long it is, in hundredths of the whole."""

    label: str
    value: str
    begin: float
    length: float
    kind: str


def write(report: Report, folder: Path) -> tuple[Path, Path]:
    """Write both files into a folder; where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    data, page = folder / "report.json", folder / "report.html"
    data.write_text(json.dumps(report.as_dict(), indent=2) + "\n")
    page.write_text(_page(report))
    return data, page


def _page(report: Report) -> str:
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, autoescape=True)
    played = [one for one in report.faults if not (one.cannot or one.failure)]
    return environment.get_template("report.html.j2").render(
        report=report,
        emulated=EMULATED,
        topologies=[_drawn(topology.wide(report)), _drawn(topology.narrow(report))],
        latencies=[(fix, _drawn(charts.latency(fix))) for fix in report.fix if fix.rtt_us and fix.rtt_histogram],
        courses=[(one, _drawn(charts.course(one.course, one.what))) for one in played if one.course],
        silences=list(_silences(report)),
        timeline=list(_timeline(report)),
        ours=[one for one in played if one.settings == "ours"],
    )


def _drawn(svg: str) -> Markup:
    # What comes from outside is escaped where it is drawn.
    return Markup(svg)  # noqa: S704


def _silences(report: Report) -> Iterator[Bar]:
    """How long nothing came back, of each fault. One that no order outlived by itself is marked."""
    rows = [one for one in report.faults if one.silence_seconds is not None and not (one.cannot or one.failure)]
    longest = _longest(one.silence_seconds or 0 for one in rows)
    for one in rows:
        silence = one.silence_seconds or 0
        came = "" if one.recovered_seconds is not None else ", never"
        settings = " (the seed’s settings)" if one.settings == "seed" else ""
        yield Bar(
            label=f"{one.number} {one.what}{settings}",
            value=f"{silence:.1f} s{came}",
            begin=0,
            length=100 * silence / longest,
            kind="bad" if came else "wait" if one.misses_goal else "good",
        )


def _timeline(report: Report) -> Iterator[Bar]:
    """A bar for each step, from the beginning of the rehearsal to its end."""
    steps = sorted(report.timeline, key=lambda step: step.at)
    end = _longest(step.at + step.seconds for step in steps)
    for step in steps:
        yield Bar(
            label=step.step,
            value=f"{step.seconds:.1f} s",
            begin=100 * step.at / end,
            length=100 * step.seconds / end,
            kind="good" if step.by == "gateway" else "flow",
        )


def _longest(seconds: Iterable[float]) -> float:
    return max((0.1, *seconds))
