"""The report's pictures: what they are drawn from, and that nothing from outside breaks out of one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from handbook.sample import report
from rehearsal.faults.course import course
from rehearsal.faults.witness import Saying
from rehearsal.fix.latency import figures
from rehearsal.report import Report, States, fault_seen, write
from rehearsal.report.charts import course as drawn
from rehearsal.report.topology import narrow, wide

SAYINGS = (
    Saying(4.0, "Northbridge: down", ours=True),
    Saying(4.1, "Northbridge is down, so we began to negotiate", ours=True),
    Saying(5.0, "Northbridge: up", ours=False),
    Saying(6.2, "Northbridge: up", ours=True),
)


def told(states: States) -> list[tuple[float, str]]:
    return [(one.at, one.state) for one in states]


def test_a_course_counts_each_second_from_the_fault() -> None:
    flow = [("sent", 100 + n / 2) for n in range(-20, 30)]
    heard = [("reported", at) for _, at in flow if not 100 <= at < 107]
    seen = course([*flow, *heard], began=100.0, lifted=102.0, tunnel="Northbridge", sayings=SAYINGS)
    assert seen
    assert (seen.begins, seen.lifted) == (-5, 2.0)
    assert seen.sent == (2,) * 20
    assert seen.reported == (2,) * 5 + (0,) * 7 + (2,) * 8
    assert told(seen.tunnel) == [(-5.0, "up"), (4.0, "down"), (6.2, "up")], "of the watch's words, and of no others"
    assert told(seen.tcp) == [(-5.0, "answers"), (0.0, "silent"), (7.0, "answers")]
    assert told(seen.fix) == [(-5.0, "on")]


def test_a_session_that_ended_is_off_until_it_logs_on_again() -> None:
    moments = [("sent", 0.0), ("reported", 0.1), ("logout", 3.0), ("logon", 9.5), ("sent", 10.0), ("reported", 10.1)]
    seen = course(moments, began=0.0, lifted=0.0, tunnel="X", sayings=())
    assert seen and told(seen.fix) == [(-5.0, "on"), (3.0, "off"), (9.5, "on")]


def test_a_session_at_rest_is_not_silent() -> None:
    """It has nothing to wait for. One whose order is not answered has."""
    flow = [(event, at) for at in (-2.0, -1.5, 60.0, 60.5) for event in ("sent", "reported")]
    seen = course(flow, began=0.0, lifted=50.0, tunnel="X", sayings=())
    assert seen and told(seen.tcp) == [(-5.0, "answers")]
    seen = course([*flow[:4], ("sent", 10.0), *flow[4:]], began=0.0, lifted=50.0, tunnel="X", sayings=())
    assert seen and told(seen.tcp) == [(-5.0, "answers"), (10.0, "silent"), (60.0, "answers")]


def test_an_hour_has_no_more_bars_than_there_is_room_for() -> None:
    short = report().faults[0].course
    assert short
    hour = replace(short, sent=(10,) * 3600, reported=(10,) * 3600)
    assert 100 < drawn(hour, "x").count('class="flow"') <= 240


def test_no_order_is_no_course() -> None:
    assert course([("logon", 1.0)], began=0.0, lifted=0.0, tunnel="X", sayings=()) is None


def test_each_round_trip_is_in_one_bar_of_the_histogram() -> None:
    trips = [n * 1_000_000 for n in (1, 2, 2, 3, 50)]
    found = figures(trips, warm_up=0)
    assert found
    assert sum(count for _, count in found.histogram) == 5
    bounds = [bound for bound, _ in found.histogram]
    assert bounds == sorted(bounds)
    assert bounds[0] > 1_000 and bounds[-1] > 50_000


def test_a_row_comes_back_from_its_json(tmp_path: Path) -> None:
    data, _ = write(report(), tmp_path)
    rows = [fault_seen(row) for row in json.loads(data.read_text())["faults"]]
    assert [row.what for row in rows] == [row.what for row in report().faults]
    assert [row.course for row in rows] == [row.course for row in report().faults]
    former = {key: value for key, value in json.loads(data.read_text())["faults"][0].items() if key != "course"}
    assert fault_seen(former).course is None, "a report of before had none"


def test_every_picture_is_well_formed_and_escapes_what_it_is_given(tmp_path: Path) -> None:
    hostile = "\"><script>&'<"
    made = report()
    made.trading_host = made.elastic_ip = hostile
    made.faults = [replace(made.faults[0], what=hostile)]
    made.fix = [replace(made.fix[0], endpoint=hostile)]
    page = write(made, tmp_path)[1].read_text()
    assert "<script" not in page
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) == 4
    for one in pictures:
        ElementTree.fromstring(one)


def test_a_report_of_nothing_has_its_page(tmp_path: Path) -> None:
    """It failed before anything was up."""
    page = write(Report(client="lse-proquote", image="debian-13"), tmp_path)[1].read_text()
    assert "How long an order took" not in page and "Around each fault" not in page


def test_pictures_come_before_tables(tmp_path: Path) -> None:
    page = write(report(), tmp_path)[1].read_text()
    assert page.rindex("<svg") < page.index("<table>")
    assert "<details>\n<summary><h2>What differs" in page


def test_a_narrow_screen_has_the_topology_downwards() -> None:
    boxes = re.compile(r'<rect x="([\d.]+)" y="([\d.]+)"')
    downwards = [tuple(map(float, one)) for one in boxes.findall(narrow(report()))]
    assert [y for _, y in downwards] == sorted({y for _, y in downwards})
    assert len({x for x, _ in boxes.findall(wide(report()))}) == 4


def test_a_scale_is_not_that_of_the_burst_behind_a_fault() -> None:
    """What was withheld comes at once: all else would be flat."""
    seen = report().faults[2].course
    assert seen and max(seen.reported) > 100
    assert ">15/s<" in drawn(seen, "x")
