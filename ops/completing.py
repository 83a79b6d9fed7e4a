"""What the shell completes behind a verb: clients, venues, tunnels, files, words. It asks no AWS, and fails in silence."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from model.faults import InvalidInput
from model.folders import file_names, named
from ops.failure import Failure

_PROJECT = Path(__file__).parents[1]
Complete = Callable[[typer.Context, str], list[str]]
# What a shell takes as it is: `$(...)` in a file's name would be run by the Enter after it.
_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


def _completed(what: Callable[[typer.Context], Iterable[str]]) -> Complete:
    def complete(context: typer.Context, incomplete: str) -> list[str]:
        with suppress(Failure, InvalidInput, OSError):
            return sorted({word for word in what(context) if word.startswith(incomplete) and _PLAIN.fullmatch(word)})
        return []

    return complete


def _given(context: typer.Context, name: str) -> Any:
    """An option of every verb: behind the verb, else before it."""
    return context.params.get(name) or context.find_root().params[name]


def _folder(context: typer.Context, kind: str) -> Path:
    return Path(_given(context, f"{kind}_dir") or named(os.environ).get(f"{kind}_dir") or _PROJECT / kind)


def _tunnels(context: typer.Context) -> Iterable[str]:
    from model.load import load  # noqa: PLC0415  the other completions need not wait for it

    client = context.params.get("client")
    if not client:
        return ()
    clients, venues = _folder(context, "clients"), _folder(context, "venues")
    loaded = load(clients=clients, venues=venues, selected=[client], is_deployed=False)
    return (one.name for found in loaded.deployments for one in found.connections)


def _words(_: typer.Context) -> Iterable[str]:
    from ops.files.runbook import entries  # noqa: PLC0415

    return (word for entry in entries() for word in entry.words if " " not in word)


def _systems(_: typer.Context) -> Iterable[str]:
    from ops.files.catalogue import names  # noqa: PLC0415

    return names()


clients = _completed(lambda context: file_names(_folder(context, "clients")))
venues = _completed(lambda context: file_names(_folder(context, "venues")))
files = _completed(lambda context: [*file_names(_folder(context, "clients")), *file_names(_folder(context, "venues"))])
tunnels = _completed(_tunnels)
words = _completed(_words)
systems = _completed(_systems)
venue = _completed(lambda _: ["venue"])
"""Behind `new`: the other thing that can be new."""
