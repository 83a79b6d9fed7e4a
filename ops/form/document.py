"""The form as Markdown, and as one HTML page that needs nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ops.form.content import DECIDED_BY, Form


def markdown(form: Form) -> str:
    """Tables, a blank in bold. A cell cannot break out of its table."""
    made = f"Made on {form.made.isoformat()}, revision {form.revision}."
    lines = [f"# {_cell(form.title)}", "", _cell(form.subtitle), made, ""]
    for section in form.sections:
        lines += [f"## {section.title}", "", "| | | decided by |", "|---|---|---|"]
        for row in section.rows:
            text = _cell(row.text)
            lines.append(
                f"| {_cell(row.label)} | {f'**{text}**' if row.value is None else text} | {DECIDED_BY[row.side]} |"
            )
        lines.append("")
    return "\n".join(lines)


_MARKED = re.compile(r"^_{8}(?= )|[\\`*\[\]<|&~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""A blank to fill in at the start of a cell, which is left as it is; what Markdown would take for a mark."""


def _cell(text: str) -> str:
    """As it is written: `&lt;` stays that, and no part of it is struck out or slanted. Inside a word `_` is only itself."""
    return _MARKED.sub(lambda found: found[0] if len(found[0]) > 1 else f"\\{found[0]}", text)


def page(form: Form) -> str:
    """The page. Every value is escaped; the picture escapes its own."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, undefined=StrictUndefined, autoescape=True)
    return environment.get_template("form.html.j2").render(
        form=form,
        decided_by=DECIDED_BY,
        pictures=Markup(form.picture.svg() + form.picture.narrow().svg()),  # noqa: S704
    )
