"""The doctor tries every FIX endpoint of a venue: one that answers says nothing about the next."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from model.deployment import Connection
from model.venue import Service
from ops.doctor import Broken, Finding
from ops.doctor.examination import Examination
from ops.doctor.fix_ports import fix_ports
from ops.gateway.state import FixPort, SaidSession
from tests.literal import example

NOW = 1_700_000_000
PRIMARY, SECONDARY = "primary (10.210.0.20:9001)", "secondary (10.210.8.20:9001)"


@pytest.fixture
def connection() -> Connection:
    return example("acme-capital").groups["northbridge"][0]


def examination(
    connection: Connection,
    known: dict[str, FixPort],
    *,
    probe: bool = True,
    sessions: dict[str, SaidSession] | None = None,
    **answers: str,
) -> Examination:
    """A gateway that tells what it knows of each port, and answers what a connect to each host gave."""

    def run(command: str) -> Any:
        return SimpleNamespace(out="\n".join(said for host, said in hosts.items() if f"'{host}'" in command))

    hosts = {str(one.host): answers.get(one.name, "3 ok") for one in connection.venue.fix}
    tunnels = {connection.name: SimpleNamespace(fix_ports=known)}
    seen = SimpleNamespace(tunnels=tunnels, clock=NOW, sessions=sessions or {})
    return cast(
        "Examination",
        SimpleNamespace(
            session=SimpleNamespace(run=run), seen=seen, kept=None, probe=probe, own=lambda _one: "10.90.1.7"
        ),
    )


def walked(of: Examination, connection: Connection) -> tuple[list[str], Broken | None]:
    found: list[Finding] = []
    try:
        for finding in fix_ports(of, connection):
            found.append(finding)
    except Broken as broken:
        return [one.evidence for one in found], broken
    return [one.evidence for one in found], None


def test_each_has_its_line(connection: Connection) -> None:
    known = {"primary": FixPort(up=True, milliseconds=4.2, at=NOW - 20)}
    lines = [f"{PRIMARY} answered the gateway in 4 ms, 20 s ago", f"{SECONDARY} answers in 3 ms"]
    assert walked(examination(connection, known), connection) == (lines, None)


def test_the_first_that_is_silent_hides_no_other(connection: Connection) -> None:
    lines, broken = walked(examination(connection, {}, primary="5003 timeout"), connection)
    assert lines == [f"{SECONDARY} answers in 3 ms"]
    assert broken and (broken.cause, broken.side) == ("fix-port-silent", "venue")
    assert f"{PRIMARY} does not answer" in broken.what and f"no answer at FIX {PRIMARY}" in broken.to_venue


def test_the_second_that_is_refused_is_found(connection: Connection) -> None:
    known = {"secondary": FixPort(up=False, milliseconds=0, at=NOW - 20)}
    lines, broken = walked(examination(connection, known, secondary="2 refused"), connection)
    assert lines == [f"{PRIMARY} answers in 3 ms"]
    assert broken and (broken.cause, SECONDARY in broken.what) == ("fix-port-refused", True)


def test_a_closed_venue_is_not_broken(connection: Connection) -> None:
    closed = {"northbridge": SaidSession(open=False, changes=NOW + 5400, dates_until=None)}
    lines, broken = walked(examination(connection, {}, sessions=closed, primary="2 refused"), connection)
    assert broken is None
    assert lines[0] == f"{PRIMARY} does not answer (refused); the venue is closed, and opens in 1 h 30 min"
    open_ = {"northbridge": SaidSession(open=True, changes=None, dates_until=None)}
    assert walked(examination(connection, {}, sessions=open_, primary="2 refused"), connection)[1]


def test_both_are_named(connection: Connection) -> None:
    _lines, broken = walked(examination(connection, {}, primary="5 timeout", secondary="2 refused"), connection)
    assert broken and broken.what.endswith(f"{PRIMARY}, {SECONDARY} do not answer")
    assert len(broken.evidence.splitlines()) == 2


def test_without_a_probe_each_is_said_to_be_untried(connection: Connection) -> None:
    untried = FixPort(up=None, milliseconds=0, at=0)
    lines, broken = walked(examination(connection, {"secondary": untried}, probe=False), connection)
    assert (lines, broken) == ([f"{one} not tried (--no-probe)" for one in (PRIMARY, SECONDARY)], None)


def test_an_endpoint_for_the_day_of_the_disaster_may_be_closed(connection: Connection) -> None:
    first, second = connection.venue.fix
    far = second.model_copy(update={"role": "disaster-recovery"})
    prepared = replace(connection, venue=connection.venue.model_copy(update={"fix": (first, far)}))
    lines, broken = walked(examination(prepared, {}, secondary="5003 timeout"), prepared)
    assert broken is None
    assert lines[1].startswith(f"{SECONDARY} does not answer (timeout); many venues open it")


def test_what_the_venue_file_leaves_unprobed_is_not_connected_to(connection: Connection) -> None:
    first, second = connection.venue.fix
    services = (
        Service.model_validate({"name": "files", "host": "10.210.0.9", "port": "20-21"}),
        Service.model_validate({"name": "ticks", "host": "10.210.0.9", "port": "udp/5000"}),
    )
    spared = second.model_copy(update={"probe": False})
    venue = connection.venue.model_copy(update={"fix": (first, spared), "services": services})
    of = examination(connection, {})
    asked: list[str] = []
    cast("Any", of.session).run = lambda command: asked.append(command) or SimpleNamespace(out="3 ok")
    lines, broken = walked(of, replace(connection, venue=venue))
    assert broken is None and len(asked) == 1 and "('10.210.0.20', 9001)]" in asked[0]
    assert lines == [
        f"{PRIMARY} answers in 3 ms",
        f"{SECONDARY} not probed, as the venue file says",
        "files (10.210.0.9:20-21) not probed: a range of ports",
        "ticks (10.210.0.9:5000 (UDP)) not probed: UDP has no connect",
    ]
