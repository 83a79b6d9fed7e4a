"""The command: its options, and its verbs."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Set
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from model import configuration
from model.configuration import home
from model.faults import nearest
from model.folders import CLIENTS_DIR, VARIABLES, VENUES_DIR, lacking, named, namers
from model.product import version
from ops import debug
from ops.ending import ended
from ops.failure import BadInput
from ops.options import LOCAL, REHEARSAL, Settings
from ops.stand_in import enter_local, enter_rehearsal
from ops.verbs import VERBS

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Verbs(TyperGroup):
    """The list of verbs, and the one that was asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The first words of the verbs, in the order in which a new client meets them."""
        return list(dict.fromkeys(verb.name.split()[0] for verb in VERBS))

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
        two = " ".join(args[:2])
        if any(verb.name == two for verb in VERBS):
            args = [two, *args[2:]]
        elif args[0] not in known and not args[0].startswith("-"):
            ctx.fail(f"No such verb: {args[0]}; {nearest(args[0], known)}")
        name, listed, rest = super().resolve_command(ctx, args)
        return name, (listed and _with_options(load(listed.name or ""), self.params)), rest


class _Verb(TyperCommand):
    """A verb. The options of every verb stand before it or behind it; behind it they count more."""

    own_options: tuple[Any, ...] = ()
    """The copies of the options of every verb, behind this one."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The verb's own options, and the way to the others."""
        super().format_options(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text("Options of every verb, such as --profile and --region: fixtunnel --help")

    def invoke(self, ctx: Any) -> Any:
        """Run it, with what is said before and behind it."""
        names = {option.name for option in self.own_options}
        behind = {name: ctx.params.pop(name) for name in list(ctx.params) if name in names}
        given = {name: value for name, value in behind.items() if _is_typed(ctx, name)}
        ctx.obj = settings(ctx.find_root(), given)
        if self.name not in _ANYWHERE and not ctx.params.get("files"):
            _refuse_nowhere(ctx.obj)
        return super().invoke(ctx)


_ANYWHERE = ("init", "explain")
"""They need no files of a firm's."""


def _refuse_nowhere(chosen: Settings) -> None:
    """Raises BadInput where nothing says where the files are: they would be written wherever somebody happens to be."""
    if any(key not in chosen.origins for key in lacking(os.environ)):
        what = f"there is no {configuration.NAME} here or above, and no folder clients or venues in {Path.cwd()}"
        raise BadInput(what, advice="go to the folder of your files, or make one: fixtunnel init ours")


def _with_options(command: Any, options: list[Any]) -> Any:
    """The verb, or each of a family, with the options that stand before it behind it too, unless it has one of that name."""
    for verb in getattr(command, "commands", {"": command}).values():
        flags = {flag for option in verb.params for flag in option.opts}
        verb.own_options = tuple(copy.copy(one) for one in options if not one.is_eager and not flags & {*one.opts})
        for option in verb.own_options:
            option.hidden = True
            option.envvar = option.default = None
        verb.params.extend(verb.own_options)
    return command


def _is_typed(context: Any, name: str) -> bool:
    source = context.get_parameter_source(name)
    return bool(source) and source.name == "COMMANDLINE"


def load(name: str) -> Any:
    """A verb's command. Its module has a function of its name and EXAMPLE, or a family of verbs in VERBS."""
    function = name.replace(" ", "_")
    module = import_module(f"ops.verbs.{function}")
    options: dict[str, Any] = {"add_completion": False, "rich_markup_mode": None, "context_settings": CONTEXT}
    app = typer.Typer(help=module.__doc__, no_args_is_help=True, **options)
    family = getattr(module, "VERBS", None) or {name: (getattr(module, function), module.EXAMPLE)}
    for verb, (run, example) in family.items():
        app.command(verb, cls=_Verb, epilog=f"Example: {example}", context_settings=CONTEXT)(run)
    return get_command(app)


_HELP = """From a venue's VPN form to a FIX session: one gateway in AWS for each client, by one command.

A client is a file in clients/, a venue one in venues/. AWS is asked as your profile, region and role say. There is no
SSH, and a PSK is never on a command line.
"""
_EPILOG = """\b
A first client:
  fixtunnel new venue meridian                write a venue's file from its VPN form
  fixtunnel new acme --venue meridian         write the client's file
  fixtunnel check acme                        what is wrong, what is weak
  fixtunnel form acme                         what to send to the venue
  fixtunnel rehearse acme --keep              try it on this machine, without AWS
  fixtunnel --rehearsal status acme           and look at what it made
  make deploy-local CLIENT=acme               or only deploy it there (needs a clone)
  fixtunnel --local plan acme                 and see what a change would do
  fixtunnel plan acme; fixtunnel deploy acme  bring it to AWS
  fixtunnel secret set acme                   the PSK, once venue and desk agree on it
  fixtunnel status acme; fixtunnel doctor acme

\b
Exit status: 0 fine, 1 a finding or a failure, 2 a wrong file or argument,
130 ended by Ctrl-C, 143 by SIGTERM. Each verb has an example: fixtunnel VERB --help.
Options of every verb stand before it or behind it. --yes answers what would be asked, --now allows a venue's session
hours; what can't be undone has an option of its own.
Completion in your shell: fixtunnel --install-completion."""

app = typer.Typer(
    name="fixtunnel",
    cls=Verbs,
    help=_HELP,
    epilog=_EPILOG,
    # rich's help would cost as much time again as all the rest.
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=CONTEXT,
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"fixtunnel {version()}")
        raise typer.Exit


@app.callback()
def before(
    *,
    clients_dir: Annotated[
        Path | None,
        typer.Option(envvar=CLIENTS_DIR, help="Folder of client files, else as fixtunnel.toml says, else clients."),
    ] = None,
    venues_dir: Annotated[
        Path | None,
        typer.Option(envvar=VENUES_DIR, help="Folder of venue files, else as fixtunnel.toml says, else venues."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(help="AWS profile, else AWS_PROFILE, else fixtunnel.toml's; a role is assumed as it says."),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            help="If the client file sets no region. Falls back to AWS_REGION, AWS_DEFAULT_REGION, fixtunnel.toml, the profile."
        ),
    ] = None,
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="Ask the rehearsal that is up (rehearse CLIENT --keep), not AWS.")
    ] = False,
    local: Annotated[
        bool, typer.Option("--local", help="Ask the AWS on this machine (make deploy-local), not AWS.")
    ] = False,
    debugged: Annotated[
        bool,
        typer.Option(
            "--debug", envvar=debug.VARIABLE, help="Tell what is asked of AWS, and where an error comes from."
        ),
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of every verb: before it or behind it. `settings` reads them."""


def settings(root: Any, behind: Mapping[str, Any]) -> Settings:
    """What the options before the verb say, and those behind it, by the name of the parameter."""
    given = {**root.params, **behind}
    if given["rehearsal"] and given["local"]:
        raise BadInput("--rehearsal and --local exclude each other", advice="give one of them")
    debug.begin(on=given["debugged"])
    if given["rehearsal"]:
        enter_rehearsal(home())
    if given["local"]:
        enter_local(home(), region=given["region"])
    folders = {"clients_dir": Settings.clients, "venues_dir": Settings.venues} | named(os.environ)
    typed = {name for name in given if name in behind or _is_typed(root, name)}
    return Settings(
        clients=given["clients_dir"] or Path(folders["clients_dir"]),
        venues=given["venues_dir"] or Path(folders["venues_dir"]),
        profile=given["profile"] or configuration.profile(),
        region=given["region"],
        stand_in=REHEARSAL if given["rehearsal"] else LOCAL if given["local"] else "",
        origins=_origins(typed),
    )


def _origins(typed: Set[str]) -> dict[str, str]:
    """Who named the client, and each folder: an option, or an environment variable that somebody set long ago."""
    found = namers(os.environ)
    found |= {key: f"--{key.replace('_', '-')}" for key in VARIABLES if key in typed}
    return {"client": "CLIENT", **found}


def main() -> int:
    """Run the command; whatever happens ends in words and in one of the exit statuses."""
    return ended(_completed if "_FIXTUNNEL_COMPLETE" in os.environ else _run)


def _run() -> None:
    app(prog_name="fixtunnel")


def _completed() -> None:
    """For a shell that completes: whatever is wrong with what it says, nothing is written onto the operator's line."""
    with suppress(Exception):
        _run()
