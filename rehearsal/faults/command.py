"""`make rehearse-faults CLIENT=…`: boot once, trade steadily, and let one bad day after another happen."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from localaws.lag import ASSOCIATION_SECONDS
from localaws.selection import Client, Fields, fields
from model.client import Inbound
from model.deployment import Deployment
from ops.ending import ended
from rehearsal.command import a_console, deployment_or_exit, fit_or_exit, out_of
from rehearsal.faults import TABLE, Fault
from rehearsal.faults.board import board, line, markdown
from rehearsal.faults.drill import drilling
from rehearsal.faults.quiet import quiet
from rehearsal.faults.seed import COMPARED, begin_anew, seeds_settings, why_not
from rehearsal.faults.soak import soaking
from rehearsal.fix.inbound import all_calls, inbound_name
from rehearsal.fix.inbound import why_not as why_not_called
from rehearsal.fix.trading import endpoint_name
from rehearsal.report import FaultSeen, fault_seen, write
from rehearsal.run.failure import explain
from rehearsal.run.rehearsal import Rehearsal, all_to_try
from rehearsal.run.timeline import StepFailed, Timeline
from rehearsal.run.verdict import print_verdict
from rehearsal.world.stage import Stage

CI = (1, 2, 5, 6, 8)
app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def play(
    client: Client = "lse-proquote",
    context: Fields = None,
    *,
    faults: Annotated[
        str,
        typer.Option(help="Numbers or names, with commas, also several times; `ci` for those of the day; else all."),
    ] = "",
    seed: Annotated[bool, typer.Option(help="Faults 1 to 6 with the seed’s settings too.")] = True,
    times: Annotated[int, typer.Option(min=1, help="How often each is played; on one boot.")] = 1,
    lag: Annotated[
        float, typer.Option(min=0, help="Seconds until EC2's edge and metadata follow an address that moved.")
    ] = ASSOCIATION_SECONDS,
    inbound: Annotated[bool, typer.Option("--inbound", help="In the first session that the venue begins.")] = False,
) -> None:
    """The table. Exit status: 0 every order accounted for and nothing in the clear, 1 not so, 2 it cannot be run here."""
    chosen = [fault for fault in choose(faults) for _ in range(times)]
    _rehearse(
        client,
        context,
        lambda stage, console, rows: _play_all(stage, chosen, rows, console=console, seed=seed, inbound=inbound),
        lag=lag,
        inbound=inbound,
    )


@app.command()
def soak(
    client: Client = "lse-proquote",
    context: Fields = None,
    minutes: Annotated[float, typer.Option(help="How long.")] = 10.0,
    seed: Annotated[int, typer.Option(help="Repeats a soak; the default is another each time.")] = 0,
) -> None:
    """Anything on the gateway killed at random; then the tunnel is up and every order accounted for."""
    fault = soaking(minutes=minutes, seed=seed or secrets.randbelow(10**6))
    _rehearse(
        client, context, lambda stage, console, rows: _play_all(stage, [fault], rows, console=console, seed=False)
    )


@app.command("quiet")
def quiet_day(
    client: Client = "lse-proquote",
    context: Fields = None,
    minutes: Annotated[float, typer.Option(help="How long.")] = 60.0,
) -> None:
    """No fault at all; then the watch has done nothing, and what it took is shown."""
    fault = quiet(minutes=minutes)
    _rehearse(
        client, context, lambda stage, console, rows: _play_all(stage, [fault], rows, console=console, seed=False)
    )


@app.command()
def table(reports: Annotated[list[Path], typer.Argument(help="report.json of one client or several.")]) -> None:
    """What was measured, as Markdown, for docs/recovery.md."""
    found = [fault_seen(row) for path in reports for row in json.loads(path.read_text())["faults"]]
    print(markdown(found), end="")


def _rehearse(
    client: str,
    context: list[str] | None,
    play_on: Callable[[Stage, Console, list[FaultSeen]], None],
    *,
    lag: float = ASSOCIATION_SECONDS,
    inbound: bool = False,
) -> None:
    console = a_console()
    fit_or_exit(console)
    given = fields(context)
    deployment = deployment_or_exit(console, client, given)
    if not next(one for one in deployment.connections if one.is_active).fix_endpoints:
        console.print(f"{client}'s first venue has no FIX endpoint, and the faults befall a FIX session", style="red")
        raise typer.Exit(2)
    if inbound and not _call(deployment):
        console.print(f"{client}'s first venue begins no session with a trading host: see inbound", style="red")
        raise typer.Exit(2)
    psks = {connection.name: secrets.token_urlsafe(24).encode() for connection in deployment.connections}
    with Stage(deployment=deployment, psks=psks, context=given, lag=lag) as stage:
        rehearsal = Rehearsal(stage=stage, timeline=Timeline(console))
        report = rehearsal.report
        try:
            with rehearsal.up(), rehearsal.timeline.step("one bad day after another"):
                play_on(stage, console, report.faults)
            report.not_tried = _not_traded_with(stage.deployment, inbound=inbound)
            report.verdict = "passed" if all(is_good(row) for row in report.faults) else "failed"
        except StepFailed as failed:
            report.failure = explain(failed, stage, keep_logs=out_of(client) / "logs")
        files = write(report, out_of(client))
        print_verdict(console, report, files)
    console.print(board(report.faults, title=f"{client}: one bad day after another"))
    if slow := [row.name for row in report.faults if row.settings == "ours" and row.misses_goal]:
        # No verdict: the goals are for a quiet machine, and this one may have been busy.
        console.print(f"Slower than the goal for a quiet machine: {', '.join(slow)}.", style="yellow")
    raise typer.Exit(0 if report.verdict == "passed" else 1)


def _not_traded_with(deployment: Deployment, *, inbound: bool) -> dict[str, str]:
    """All but one: the faults befall one session."""
    connection = next(one for one in deployment.connections if one.is_active)
    call = _call(deployment) if inbound else None
    traded = inbound_name(connection, call) if call else endpoint_name(connection, connection.fix_endpoints[0])
    return dict.fromkeys((what for what in all_to_try(deployment) if what != traded), "the faults befall one session")


def is_good(row: FaultSeen) -> bool:
    """Whether ours came through it; the seed's are there to be compared."""
    came_back = row.recovered_seconds is not None
    return bool(row.cannot) or row.settings == "seed" or (row.is_clean and came_back)


def choose(wanted: str) -> list[Fault]:
    """The faults of a list such as `1,2,2,path-black-20s`; all for an empty one, those of today for `ci`.

    Raises:
        typer.BadParameter: there is no such fault.
    """
    if not wanted:
        return TABLE
    if wanted == "ci":
        return of_today(datetime.now(UTC).toordinal())
    words = [word.strip() for word in wanted.split(",")]
    if unknown := set(words) - {str(row.number) for row in TABLE} - {row.name for row in TABLE}:
        names = ", ".join(row.name for row in TABLE)
        raise typer.BadParameter(
            f"no fault is called {', '.join(sorted(unknown))}; there are 1 to {max(row.number for row in TABLE)}: {names}"
        )
    return [row for row in TABLE for _ in range(words.count(str(row.number)) + words.count(row.name))]


def of_today(day: int) -> list[Fault]:
    """What every run of CI plays, and one of the other quick ones in turn."""
    quick = [row for row in TABLE if row.part == "quick"]
    always, others = ([row for row in quick if (row.number in CI) == known] for known in (True, False))
    return sorted([*always, others[day % len(others)]], key=lambda row: row.number)


def _call(deployment: Deployment) -> Inbound | None:
    """The first that the first venue begins, and the rehearsal can play."""
    first = next(one for one in deployment.connections if one.is_active)
    calls = (one for connection, one in all_calls(deployment) if connection == first)
    return next((one for one in calls if not why_not_called(one)), None)


def _play_all(
    stage: Stage,
    chosen: list[Fault],
    rows: list[FaultSeen],
    *,
    console: Console,
    seed: bool,
    inbound: bool = False,
) -> None:
    """Rows are added as they come: a run that breaks off leaves what it saw."""
    connection = next(one for one in stage.deployment.connections if one.is_active)
    with drilling(stage, connection, _call(stage.deployment) if inbound else None) as drill:
        for fault in chosen:
            rows.append(drill.play(fault))
            _tell(console, rows[-1])
        compared = [fault for fault in chosen if fault.number in COMPARED]
        if seed and compared and not why_not(connection):
            with seeds_settings(drill.scene):
                for fault in compared:
                    rows.append(drill.play(fault, settings="seed", rescue=begin_anew))
                    _tell(console, rows[-1])


def _tell(console: Console, row: FaultSeen) -> None:
    console.print(line(row), style="" if row.is_clean else "bold red", markup=False, soft_wrap=True)
    for action in row.actions:
        console.print(f"    {action}", style="dim", markup=False, soft_wrap=True)


def main() -> int:
    """Run it, and say how it ended. Returns its exit status."""
    return ended(app)
