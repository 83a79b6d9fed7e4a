"""The form as one HTML page that needs nothing else."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ops.form.content import Form


def page(form: Form) -> str:
    """The page. Every value is escaped; the picture escapes its own."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, undefined=StrictUndefined, autoescape=True)
    return environment.get_template("form.html.j2").render(form=form, picture=Markup(form.picture.svg()))  # noqa: S704
