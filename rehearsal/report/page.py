"""The report as files: `report.json`, and `report.html` that needs nothing beside it."""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rehearsal.report.content import Report
from rehearsal.report.pictures import timeline_picture, topology_picture

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
        report=report, topology=topology_picture(report), timeline=timeline_picture(report)
    )
