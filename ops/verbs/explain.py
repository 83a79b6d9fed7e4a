"""`fixtunnel explain`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from model.faults import nearest
from ops import completing
from ops.console import show, show_json
from ops.failure import BadInput
from ops.files.runbook import Entry, entries, entries_of
from ops.options import AsJson
from ops.pager import paged

EXAMPLE = "fixtunnel explain one-way"
_MOST = 6


def explain(
    word: Annotated[
        str | None,
        typer.Argument(metavar="[WORD]", help="As status, doctor or a mail shows it.", autocompletion=completing.words),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say what a state, alarm, cause or message means, and what to do.

    It shows the entry of docs/runbook.md. Without a word: all that there are.
    """
    found = entries() if word is None else entries_of(word)
    if word is not None and not found:
        raise BadInput(f"the runbook has no entry for {word}", advice=_instead(word))
    if as_json:
        show_json([entry.as_dict() for entry in found])
    elif word is None:
        _show_list(found)
    else:
        with paged():
            for entry in found:
                _show(entry)


def _instead(said: str) -> str:
    """A word that is written alike; of several words the entries that have them all, those in whose name one is first."""
    alike = nearest(said, [one for entry in entries() for one in entry.words])
    if " " not in said and alike.startswith("did you mean"):
        return alike
    wanted = said.lower().split()
    meant = {
        entry.words[0]: not any(word in " ".join(entry.words).lower() for word in wanted)
        for entry in entries()
        if " " not in entry.words[0]
        and all(word in f"{' '.join(entry.words)} {entry.meaning}".lower() for word in wanted)
    }
    if meant:
        return f"perhaps {', '.join(sorted(meant, key=meant.__getitem__)[:_MOST])}; fixtunnel explain lists all"
    return "fixtunnel explain lists all words; fixtunnel doctor CLIENT names yours"


def _show_list(found: list[Entry]) -> None:
    for section in dict.fromkeys(entry.section for entry in found):
        show(section, style="bold")
        show(f"  {', '.join(word for entry in found if entry.section == section for word in entry.words)}")


def _show(entry: Entry) -> None:
    show(f"{', '.join(entry.words)} ({entry.section})", style="bold")
    text = f"{entry.meaning}\n\n{entry.text}"
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.markdown import Markdown  # noqa: PLC0415  its parser takes as long as all the rest

    show(Markdown(text, hyperlinks=False))
