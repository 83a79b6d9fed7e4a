"""`fixtunnel doctor`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from ops.console import show, show_json
from ops.doctor import Broken, Finding, examine
from ops.doctor.examination import Examination
from ops.doctor.finding import WHOSE
from ops.failure import FOUND, Failure
from ops.loading import load_client
from ops.options import AsJson, ClientName

EXAMPLE = "fixtunnel doctor acme"


def doctor(
    context: typer.Context,
    client: ClientName,
    *,
    probe: Annotated[bool, typer.Option(help="Connect to each FIX port, once; the venue may log that.")] = True,
    as_json: AsJson = False,
) -> None:
    """Find the first layer that is broken, whose side it is on, and what to do.

    From the outside in: credentials, stack, instance, address, agent, gateway, secret, engine, IKE, child SA, selectors,
    traffic, MTU, each FIX port, standby. With the sentence to send to the venue where it is the venue's turn. Where no command
    reaches the gateway it goes by the last report to AWS, and marks with – what it could not look at. Exit status 1:
    something is broken.
    """
    examination = Examination(settings=context.obj, deployment=load_client(context.obj, client), probe=probe)
    well: list[Finding] = []
    broken: Broken | None = None
    try:
        for finding in examine(examination):
            well.append(finding)
            if not as_json:
                _show(finding)
    except Broken as found:
        broken = found
    except Failure as failure:
        layer = well[-1].layer if well else "nothing"
        failure.evidence = f"{failure.evidence}\nafter: {layer}".strip()
        raise
    if as_json:
        show_json([*(one.as_dict() for one in well), *([broken.as_dict()] if broken else [])])
    elif broken:
        _show_broken(broken)
    else:
        _show_end([one.layer for one in well if not one.asked])
    raise typer.Exit(FOUND if broken else 0)


def _show(finding: Finding) -> None:
    name = f"{finding.tunnel}: " if finding.tunnel else ""
    mark = ("✓ ", "green") if finding.asked else ("– ", "yellow")
    show(Text.assemble(mark, (f"{finding.layer:<12}", "bold"), f"{name}{finding.evidence}"))


def _show_end(unasked: list[str]) -> None:
    if unasked:
        show(f"Nothing broken was found. Not looked at: {', '.join(dict.fromkeys(unasked))}.", style="bold yellow")
    else:
        show("Everything is well.", style="bold green")


def _show_broken(broken: Broken) -> None:
    name = f"{broken.tunnel}: " if broken.tunnel else ""
    show(Text.assemble(("✗ ", "bold red"), (f"{broken.layer:<12}", "bold red"), f"{name}{broken.what}"))
    for line in broken.evidence.splitlines():
        show(f"    {line}", style="dim")
    show(f"  side: {WHOSE[broken.side]}" + (f" ({broken.cause})" if broken.cause else ""))
    show(f"  → {broken.advice}")
    if broken.to_venue:
        show(f"  to the venue: “{broken.to_venue}”", style="cyan")
