"""`fixtunnel form`."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from model.deployment import Deployment
from model.faults import counted
from ops.console import note, show, show_json
from ops.failure import FOUND, BadInput, Failure
from ops.files.writing import write_whole
from ops.form.answer import sheet
from ops.form.comparison import Compared, compare
from ops.form.content import Form, forms
from ops.form.document import markdown, page
from ops.loading import load_undeployed
from ops.options import AsJson, ClientName, Settings
from ops.pager import paged

EXAMPLE = "fixtunnel form acme --to forms/"


class Format(StrEnum):
    """How the form is written."""

    MD = "md"
    HTML = "html"
    PDF = "pdf"


def form(
    context: typer.Context,
    client: ClientName,
    *,
    to: Annotated[Path | None, typer.Option(help="Write Markdown, HTML and PDF into this folder.")] = None,
    only: Annotated[Format | None, typer.Option("--format", help="With --to, this format alone.")] = None,
    read: Annotated[Path | None, typer.Option(help="Compare a venue's answer (see --sheet) with our files.")] = None,
    empty: Annotated[bool, typer.Option("--sheet", help="An empty sheet for a venue's answer.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask AWS for our public address.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fill in the venue's VPN form from the files and the deployed stack.

    Without an option it is shown as Markdown. What is not known yet is marked as a blank, never invented.
    With --json a list: one form for each venue. With --read: exit status 1 if the venue's answer differs from our files.
    """
    _refuse_together({"--sheet": empty, "--read": read, "--to": to, "--format": only}, as_json=as_json)
    deployment = load_undeployed(context.obj, client)
    if empty:
        for tunnels in deployment.groups.values():
            print(sheet(client, tunnels[0]), end="")
        return
    address = _address(context.obj, deployment, offline)
    if read:
        _compare(compare(read, deployment, address=address), as_json)
        return
    made = forms(deployment, address=address, today=datetime.now(UTC).date())
    if as_json:
        show_json([one.as_dict() for one in made])
    elif to:
        for number, one in enumerate(made):
            _write(one, to / f"{client}-{deployment.venues[number].name}", only)
    elif only and only != Format.MD:
        raise BadInput(f"--format {only} needs a folder", advice="add --to forms/")
    else:
        with paged():
            print("\n".join(markdown(one) for one in made))


def _refuse_together(given: dict[str, Any], *, as_json: bool) -> None:
    if as_json and any(value for flag, value in given.items() if flag != "--read"):
        raise BadInput(
            "--json goes without --to, --format and --sheet", advice="it is a form of its own, on the output"
        )
    first, *others = [flag for flag, value in given.items() if value] or [""]
    if first in ("--sheet", "--read") and others:
        raise BadInput(f"{first} goes without {' and '.join(others)}", advice="leave one of them, or run it twice")


def _address(settings: Settings, deployment: Deployment, offline: bool) -> str | None:
    """Our public address: of the client file, or of the deployed stack; None where it is not known."""
    if own := deployment.client.gateway.elastic_ip:
        return str(own.address)
    if settings.stand_in:
        note(f"our public address stays blank: that of {settings.stand_in} is invented")
        return None
    if offline:
        return None
    from ops.aws import open_account  # noqa: PLC0415  boto3 takes half a second, and a form may do without

    try:
        return open_account(settings, deployment).stack(deployment.client.name).address or None
    except Failure as failure:
        note(f"our public address stays blank: {failure.what}")
        return None


def _write(made: Form, stem: Path, only: Format | None) -> None:
    stem.parent.mkdir(parents=True, exist_ok=True)
    for kind in [only] if only else list(Format):
        path = stem.with_name(f"{stem.name}.{kind}")
        write_whole(
            path, _pdf(made) if kind == Format.PDF else (page if kind == Format.HTML else markdown)(made).encode()
        )
        print(f"wrote {path}" + (f" ({counted(len(made.blanks), 'blank')})" if made.blanks else ""))
    if made.blanks:
        note(f"blank in {stem.name}: {', '.join(dict.fromkeys(row.label for row in made.blanks))}")


def _pdf(made: Form) -> bytes:
    from ops.form.pdf import Paper  # noqa: PLC0415  its library takes as long as all the rest

    paper = Paper(made)
    content = paper.render()
    if paper.lost:
        note(f"the PDF's font lacks {' '.join(sorted(paper.lost))}: send the HTML, which has them", style="yellow")
    return content


def _compare(compared: Compared, as_json: bool) -> None:
    if as_json:
        differences = [one.as_dict() for one in compared.differences]
        own = [one.as_dict() for one in compared.own_to_each]
        rest = {"agreed": compared.agreed, "unanswered": compared.unanswered}
        show_json({"differences": differences, "own_to_each": own, **rest})
    else:
        _show(compared)
    raise typer.Exit(FOUND if compared.differences else 0)


def _show(compared: Compared) -> None:
    if compared.differences:
        table = Table(title="Where the venue's answer differs", title_justify="left")
        for heading in ("key", "our files", "the venue's answer", "who changes", "why"):
            table.add_column(heading, overflow="fold")
        for one in compared.differences:
            table.add_row(one.key, one.ours or "–", one.theirs, one.who, one.why)
        show(table)
    agree = f"{counted(compared.agreed, 'value')} agree{'s' if compared.agreed == 1 else ''}"
    show(f"{counted(len(compared.differences), 'difference')}, {agree}")
    for one in compared.own_to_each:
        show(f"{one.key}: ours {one.ours}, the venue's {one.theirs}: {one.why}")
    if compared.unanswered:
        show(f"not answered: {', '.join(compared.unanswered)}")
