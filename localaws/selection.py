"""Which client is meant, and what the command line puts over its file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated

import typer

from model import folders
from model.givers import givers, package
from model.load import Loaded, load
from ops.options import PROJECT

Client = Annotated[str, typer.Argument(help="The client: the name of a file in clients/.")]
Fields = Annotated[
    list[str] | None,
    typer.Option("-c", "--context", help="KEY=VALUE for the CDK, as in `cdk deploy -c`; may be repeated."),
]
_NOT_THE_CLIENTS = ("client", "clients_dir", "venues_dir")


def fields(context: list[str] | None) -> dict[str, str]:
    """`-c KEY=VALUE` as a mapping, with the folders and the operator's OpenSwan package that the environment names.

    Raises:
        typer.BadParameter: one has no value.
    """
    pairs = [field.partition("=") for field in context or []]
    if wrong := [key for key, equals, _ in pairs if not equals]:
        raise typer.BadParameter(f"{wrong[0]!r} has no value; write it as KEY=VALUE")
    brought = folders.named(os.environ) | package(os.environ)
    return {**brought, **{key: value for key, _, value in pairs}}


def selected(client: str, given: Mapping[str, str]) -> Loaded:
    """The client as the CDK app will load it from the same files.

    Raises:
        InvalidInput: its file, or one that it names, has faults.
    """
    return load(
        clients=PROJECT / given.get("clients_dir", "clients"),
        venues=PROJECT / given.get("venues_dir", "venues"),
        selected=[client],
        origins={**givers(given, os.environ), "client": "CLIENT"},
        overrides={key: value for key, value in given.items() if key not in _NOT_THE_CLIENTS},
    )
