"""A rehearsal trades with every endpoint and over every tunnel, or says with which it did not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from model.deployment import Connection, Deployment
from model.venue import FixEndpoint
from rehearsal.fix import trading as trading_module
from rehearsal.fix.trading import PortClosed
from rehearsal.report import Fix, Report, write
from rehearsal.run.rehearsal import Rehearsal, in_turn
from rehearsal.run.timeline import StepFailed, Timeline
from rehearsal.run.verdict import print_verdict
from rehearsal.world.stage import Stage
from tests.literal import example

ELASTIC_IP, HOST = IPv4Address("203.0.113.7"), IPv4Address("10.65.1.10")
STANDBYS = {"tunnel Northbridge_B", "tunnel Harbour_B"}


class Gateways:
    """The venue's gateways: what each was told, in order. One that is `lost` never brings its tunnel up."""

    def __init__(self, *lost: str) -> None:
        self.told: list[str] = []
        self._lost = lost

    def __call__(self, tunnel: str) -> Any:
        def wait_until_up(limit: float) -> None:
            if tunnel in self._lost:
                raise TimeoutError(f"{tunnel}: no child SA within {limit:.0f} s")
            self.told.append(f"wait for {tunnel}")

        return SimpleNamespace(
            stop=lambda: self.told.append(f"stop {tunnel}"),
            start=lambda: self.told.append(f"start {tunnel}"),
            wait_until_up=wait_until_up,
        )


def quiet() -> Timeline:
    return Timeline(Console(file=StringIO()))


def a_stage(deployment: Deployment, gateways: Gateways) -> Stage:
    stage = SimpleNamespace(deployment=deployment, client="acme-capital", venue_gateway=gateways, other_hosts=())
    stage.elastic_ip = ELASTIC_IP
    stage.trading_from_address = HOST
    return cast("Stage", stage)


def test_each_tunnel_of_a_venue_once_and_the_first_again() -> None:
    """In the order in which the gateway takes them, wherever the active one stands in the file."""
    b, a = reversed(example("acme-capital").groups["northbridge"])
    gateways = Gateways()
    stage = a_stage(example("acme-capital"), gateways)
    assert [one.name for one in in_turn(stage, (b, a), quiet())] == ["Northbridge_B"]
    there = ["stop Northbridge", "wait for Northbridge_B", "start Northbridge"]
    back = ["stop Northbridge_B", "wait for Northbridge", "start Northbridge_B"]
    assert gateways.told == there + back


def test_a_venue_with_one_gateway_is_left_alone() -> None:
    gateways = Gateways()
    stage = a_stage(example("lse-proquote"), gateways)
    assert list(in_turn(stage, example("lse-proquote").groups["lse-proquote"], quiet())) == []
    assert gateways.told == []


def session(connection: Connection, endpoint: FixEndpoint) -> Fix:
    return Fix(
        endpoint=f"{connection.venue.name}/{endpoint.name}", tunnel=connection.name, logons=1, orders_sent=20,
        reports_received=20, lost=0, duplicated=0, recovered=0, source_seen="10.90.1.7", rtt_us=None, tcp_echo_us=None,
        burst_bytes=0,
    )  # fmt: skip


@pytest.fixture
def astray() -> set[str]:
    """The endpoints that see another address than the files say."""
    return set()


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch, astray: set[str]) -> set[str]:
    """The endpoints that are closed; every other one trades."""
    closed: set[str] = set()

    @contextmanager
    def trading(_stage: Stage, connection: Connection, endpoint: FixEndpoint) -> Iterator[Any]:
        def trade(_source: str) -> Fix:
            return session(connection, endpoint)

        def log_on() -> str:
            wrong = endpoint.name in astray
            return "10.9.9.9" if wrong else str(connection.seen_from(HOST) or ELASTIC_IP)

        yield SimpleNamespace(log_on=log_on, trade=trade, trade_little=trade)

    def knock(_stage: Stage, endpoint: FixEndpoint) -> None:
        if endpoint.name in closed:
            raise ConnectionRefusedError(endpoint.name)

    monkeypatch.setattr("rehearsal.run.rehearsal.trading", trading)
    monkeypatch.setattr(trading_module, "knock", knock)
    return closed


def test_a_gateway_that_refuses_its_hosts_for_a_moment_after_the_tunnel_came_up_is_asked_again(
    shut: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = iter([True])

    def knock(_stage: Stage, _endpoint: FixEndpoint) -> None:
        if next(refusals, False):
            raise PortClosed("Network is unreachable")

    monkeypatch.setattr(trading_module, "knock", knock)
    run = rehearsal()
    run.trade()
    assert run.report.not_tried == {}


def test_an_exchange_that_sees_another_address_than_the_files_say_fails_the_run(
    shut: set[str], astray: set[str]
) -> None:
    astray.add("primary")
    with pytest.raises(StepFailed) as failure:
        rehearsal().trade()
    assert "saw 10.9.9.9, and knows 10.65.1.10 as " in str(failure.value.__cause__)


def rehearsal(*lost: str, **conditions: Any) -> Rehearsal:
    made = Rehearsal(stage=a_stage(example("acme-capital"), Gateways(*lost)), timeline=quiet(), **conditions)
    made._power_on_at = 0
    return made


def traded(report: Report) -> list[tuple[str, str]]:
    return [(fix.endpoint, fix.tunnel) for fix in report.fix]


def test_every_endpoint_and_every_standby_is_traded_with(shut: set[str]) -> None:
    run = rehearsal()
    run.trade()
    assert traded(run.report) == [
        ("northbridge/primary", "Northbridge"),
        ("northbridge/secondary", "Northbridge"),
        ("harbour/primary", "Harbour"),
        ("northbridge/primary", "Northbridge_B"),
        ("harbour/primary", "Harbour_B"),
    ]
    assert run.report.not_tried == {}


def test_the_other_proposals_of_a_venue_stand_as_not_tried() -> None:
    run = Rehearsal(stage=a_stage(example("tidewater"), Gateways()), timeline=quiet())
    assert [what for what, why in run.report.not_tried.items() if "agree on the first" in why] == [
        "quayside ike.alternatives aes256-sha2_256;dh20, aes128-sha2_256;modp2048",
        "quayside esp.alternatives aes256-sha2_256",
    ]


def test_a_second_endpoint_that_is_closed_fails_the_run_and_what_comes_after_stands_as_not_tried(
    shut: set[str],
) -> None:
    shut.add("secondary")
    run = rehearsal()
    with pytest.raises(StepFailed, match="FIX port of northbridge/secondary answers"):
        run.trade()
    assert run.report.not_tried.keys() == {"northbridge/secondary", "harbour/primary", *STANDBYS}
    assert set(run.report.not_tried.values()) == {"the run ended before"}


def test_a_standby_that_does_not_come_up_fails_the_run(shut: set[str]) -> None:
    run = rehearsal("Harbour_B")
    with pytest.raises(StepFailed, match="Harbour_B takes over from Harbour"):
        run.trade()
    assert run.report.not_tried.keys() == {"tunnel Harbour_B"}


def test_what_was_left_out_is_said_on_the_terminal_and_in_both_files(shut: set[str], tmp_path: Path) -> None:
    run = rehearsal(standbys=False)
    run.trade()
    run.report.verdict = "passed"
    assert run.report.not_tried == dict.fromkeys(STANDBYS, "left out: --no-standbys")
    screen = StringIO()
    files = write(run.report, tmp_path)
    print_verdict(Console(file=screen, width=200), run.report, files)
    assert "not tried: tunnel Northbridge_B (left out: --no-standbys)" in screen.getvalue()
    assert ", 2 not tried" in screen.getvalue()
    assert "<li>tunnel Northbridge_B (left out: --no-standbys)</li>" in files[1].read_text()
    assert '"tunnel Harbour_B": "left out: --no-standbys"' in files[0].read_text()


def test_the_report_shows_each_endpoint_in_a_row_of_its_own(shut: set[str], tmp_path: Path) -> None:
    run = rehearsal()
    run.trade()
    page = write(run.report, tmp_path)[1].read_text()
    for endpoint, tunnel in traded(run.report):
        assert f'<td class="head">{endpoint}</td><td data-label="Over">{tunnel}</td>' in page
