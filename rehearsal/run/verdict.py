"""The verdict on a terminal: what the rehearsal showed, or why it failed, in words a person believes."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rehearsal.report import EMULATED, Failure, Fix, Report


def print_verdict(console: Console, report: Report, files: tuple[Path, Path]) -> None:
    """The end of a run, on the terminal."""
    console.print()
    if report.tunnels:
        console.print(_tunnels(report))
    for fix in report.fix:
        console.print(_session(fix))
    for one in report.services:
        console.print(
            f"{one.protocol} echo of {one.endpoint} over {one.tunnel}: {one.echoes} payloads, median {one.p50_us} µs"
        )
    if report.fix or report.services:
        console.print(EMULATED, style="dim")
    for what, why in report.not_tried.items():
        console.print(f"not tried: {what} ({why})", style="yellow", markup=False)
    if nat := report.nat:
        console.print(
            f"at EC2’s edge: {nat.udp500} packets UDP 500, {nat.udp4500} UDP 4500, {nat.esp_dropped} ESP dropped, "
            f"{nat.leaked} for the venue in the clear"
        )
    if failure := report.failure:
        _print_failure(console, report, failure)
    passed = report.verdict == "passed"
    console.print(Text(f"\n{report.client}: {report.verdict}", style="bold green" if passed else "bold red"), end="")
    if report.power_on_to_logon_seconds is not None:
        console.print(
            f", {report.power_on_to_logon_seconds:.0f} s from power-on to FIX logon, on an emulated processor", end=""
        )
    if report.not_tried:
        console.print(f", {len(report.not_tried)} not tried", end="", style="yellow")
    if report.boots_begun_again:
        console.print(f"; QEMU tripped, and the boot was begun again {report.boots_begun_again}×", end="")
    console.print(f"\n{report.origin}", style="dim", markup=False, soft_wrap=True)
    console.print(f"{files[1]}\n{files[0]}", soft_wrap=True)


def _tunnels(report: Report) -> Table:
    table = Table(
        "Tunnel", "State", "IKE", "ESP", "Our side", "Venue’s side", title="As the venue saw it", title_justify="left"
    )
    for tunnel in report.tunnels:
        state = "up" if tunnel.established else "waits" if tunnel.role == "standby" else "down"
        ours, theirs = ", ".join(tunnel.local_ts), ", ".join(tunnel.remote_ts)
        table.add_row(tunnel.name, state, tunnel.ike, tunnel.esp, ours, theirs)
    return table


def _session(fix: Fix) -> str:
    return (
        f"FIX {fix.endpoint} over {fix.tunnel}: {fix.reports_received} of {fix.orders_sent} orders reported, {fix.lost} lost, "
        f"{fix.duplicated} doubled, {fix.recovered} by gap fill; seen as {fix.source_seen}; "
        f"order to report {_figures(fix.rtt_us)}, bare TCP echo {_figures(fix.tcp_echo_us)}"
    )


def _figures(us: dict[str, int] | None) -> str:
    return f"{us['p50'] / 1000:.1f} ms p50, {us['p99'] / 1000:.1f} ms p99 of {us['n']}" if us else "not measured"


def _print_failure(console: Console, report: Report, failure: Failure) -> None:
    console.print(f"\n[bold red]✗ {failure.step}[/]: {failure.meaning}")
    for word in failure.words:
        console.print(f"  {word}", style="dim", markup=False)
    console.print(f"→ {failure.advice}", markup=False)
    console.print(f"  logs: {failure.logs}", markup=False, soft_wrap=True)
