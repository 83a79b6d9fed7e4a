"""Verbs that are imported only when they are used: `--help` needs their names alone."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from model.faults import nearest
from ops.verbs import VERBS

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Verbs(TyperGroup):
    """The list of verbs, and the one that was asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs in the order in which a new client meets them."""
        return [verb.name for verb in VERBS]

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """A verb as the list shows it."""
        for verb in VERBS:
            if verb.name == cmd_name:
                return TyperCommand(verb.name, help=verb.summary, rich_markup_mode=None)
        return None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list, by what a verb works on."""
        for panel in dict.fromkeys(verb.panel for verb in VERBS):
            with formatter.section(panel):
                formatter.write_dl([(verb.name, verb.summary) for verb in VERBS if verb.panel == panel])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb that is run, or whose help or completion is asked for: the real one."""
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            ctx.fail(f"No such verb: {args[0]}; {nearest(args[0], known)}")
        name, listed, rest = super().resolve_command(ctx, args)
        return name, (listed and load(listed.name or "")), rest


def load(name: str) -> Any:
    """A verb's command. Its module has a function of its name and EXAMPLE, or a family of verbs in VERBS."""
    module = import_module(f"ops.verbs.{name}")
    options: dict[str, Any] = {"add_completion": False, "rich_markup_mode": None, "context_settings": CONTEXT}
    app = typer.Typer(help=module.__doc__, no_args_is_help=True, **options)
    family = getattr(module, "VERBS", None) or {name: (getattr(module, name), module.EXAMPLE)}
    for verb, (run, example) in family.items():
        app.command(verb, epilog=f"Example: {example}", context_settings=CONTEXT)(run)
    return get_command(app)
