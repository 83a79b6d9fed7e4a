"""docs/commands.md: what `--help` says of the command and of each verb."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from typer.main import get_command

from ops.command import app, load
from ops.verbs import VERBS

_WIDTH = 100
_TEXT = """# Commands

What `--help` says of each command. `python -m handbook` writes this page.

{parts}
"""


def page() -> str:
    """docs/commands.md."""
    return _TEXT.format(parts="\n\n".join(_parts()))


def _parts() -> Iterator[str]:
    yield _part("fixtunnel", get_command(app))
    for verb in VERBS:
        command = load(verb.name)
        family = getattr(command, "commands", None) or {}
        for name, one in {"": command, **family}.items():
            yield _part(f"fixtunnel {verb.name} {name}".strip(), one)


def _part(name: str, command: Any) -> str:
    context = click.Context(
        command, info_name=name, terminal_width=_WIDTH, max_content_width=_WIDTH, help_option_names=["-h", "--help"]
    )
    lines = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    return f"## {name}\n\n```text\n{lines}\n```"
