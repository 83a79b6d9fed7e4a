"""What watches from outside: alarms that say what to do, silence by the venue's calendar, a page, a log."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from model.calendar import Span, Window, open_week, quiet_spans, weekly_moment
from tests.literal import loaded
from tests.stacks.synthesis import Stack, synthesise
from tests.unit.model.example import CLIENT, GONE, VENUE, edited, write
from userdata.agent_keys import render_agent_keys
from userdata.program import archive

MAINTENANCE = "[{days: [wed], start: '12:00', end: '12:30'}]"
SEED, LARGE = "lse-proquote", "acme-capital"


def alarms(stack: Stack) -> dict[str, dict[str, Any]]:
    """The alarms by the beginning of their logical ids, and by venue."""
    return {name.removeprefix("Alarms")[:-8]: one["Properties"] for name, one in stack.all("CloudWatch::Alarm").items()}


def test_alarm_on_the_host(stack: Stack) -> None:
    alarm = alarms(stack)["Host"]
    assert alarm["MetricName"] == "StatusCheckFailed_System"
    assert "ec2:recover" in json.dumps(alarm["AlarmActions"])
    assert alarm["Dimensions"] == [{"Name": "InstanceId", "Value": {"Ref": stack.instance_id}}]


def test_alarms_of_each_venue(stacks: dict[str, Stack]) -> None:
    kinds = ("Tunnel", "OneWay", "Rekeys")
    ports = ["FixPortlseproquoteprimary"]
    assert alarms(stacks[SEED]).keys() == {"Host", "Engine", "Agent", *(f"{kind}lseproquote" for kind in kinds), *ports}
    venues = ("northbridge", "harbour")
    ports = ["FixPortnorthbridgeprimary", "FixPortnorthbridgesecondary", "FixPortharbourprimary"]
    of_venues = [f"{kind}{venue}" for kind in kinds for venue in venues]
    assert alarms(stacks[LARGE]).keys() == {"Host", "Engine", "Agent", *of_venues, *ports}


def test_each_fix_endpoint_has_its_alarm(stacks: dict[str, Stack]) -> None:
    alarm = alarms(stacks[LARGE])["FixPortnorthbridgesecondary"]
    first, metric = alarm["Metrics"]
    assert first["Expression"] == "1 - f"
    dimensions = {one["Name"]: one["Value"] for one in metric["MetricStat"]["Metric"]["Dimensions"]}
    assert dimensions == {"client": "acme-capital", "venue": "northbridge", "endpoint": "secondary"}
    assert "secondary (10.210.8.20:9001)" in alarm["AlarmDescription"]


def test_an_endpoint_for_the_day_of_the_disaster_rings_nobody(tmp_path: Path) -> None:
    """Most are closed until then: a mail at every opening would teach people to overlook the others."""
    venue = edited(
        VENUE, {"fix.1": "{name: far, host: 192.0.2.40, port: 5001, target_comp_id: X, role: disaster-recovery}"}
    )
    write(tmp_path, clients={"acme": edited(CLIENT, {"alarm_email": "ops@example.com"})}, venues={"exchange": venue})
    stack = synthesise([loaded(tmp_path / "clients", tmp_path / "venues", "acme")])["acme"]
    assert "AlarmActions" in alarms(stack)["FixPortexchangeprimary"]
    assert "AlarmActions" not in alarms(stack)["FixPortexchangefar"]


def test_each_call_of_a_venue_has_its_alarm_and_its_line(tmp_path: Path) -> None:
    """A venue that does not call says nothing about the host."""
    calls = {"tunnels.0.inbound": "[{name: drop-copy, from: [192.0.2.30], port: 9001, to: 'gateway:9002'}]"}
    write(tmp_path, clients={"acme": edited(CLIENT, calls)}, venues={"exchange": VENUE})
    stack = synthesise([loaded(tmp_path / "clients", tmp_path / "venues", "acme")])["acme"]
    alarm = alarms(stack)["Inboundexchangedropcopy"]
    assert "the venue calls drop-copy (gateway:9002), and gets no answer" in alarm["AlarmDescription"]
    assert (alarm["Metrics"][0]["Expression"], alarm["TreatMissingData"]) == ("1 - c", "notBreaching")
    muted = json.dumps(stack.all("CloudWatch::AlarmMuteRule"))
    assert "AlarmsInboundexchangedropcopy" in muted
    board = json.dumps(stack.one("CloudWatch::Dashboard")["DashboardBody"]).replace("\\", "")
    assert '"InboundAnswered","client","acme","venue","exchange","endpoint","drop-copy"' in board


def test_a_gateway_that_says_nothing_is_a_tunnel_that_is_down(stack: Stack) -> None:
    for name, alarm in alarms(stack).items():
        is_tunnel = name.startswith("Tunnel")
        assert (alarm.get("TreatMissingData") == "breaching") is is_tunnel
        if is_tunnel:
            assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (2, 3)


def test_a_standby_that_is_up_is_enough(stacks: dict[str, Stack]) -> None:
    first, *metrics = alarms(stacks[LARGE])["Tunnelharbour"]["Metrics"]
    assert first["Expression"] == "1 - MAX([s0,s1])"
    tunnels = [one["MetricStat"]["Metric"]["Dimensions"][1]["Value"] for one in metrics]
    assert tunnels == ["Harbour", "Harbour_B"]


def test_each_alarm_tells_its_begin_its_end_and_what_to_do(stack: Stack) -> None:
    topic = [{"Ref": name} for name in stack.all("SNS::Topic")]
    runbook = (Path(__file__).parents[2] / "docs/runbook.md").read_text()
    for name, alarm in alarms(stack).items():
        assert alarm["OKActions"] == topic
        assert topic[0] in alarm["AlarmActions"]
        if name != "Host":
            assert "First: ./fixtunnel status" in alarm["AlarmDescription"]
            section = alarm["AlarmDescription"].rpartition("docs/runbook.md: ")[2].removesuffix(".")
            assert f"`{section}`" in runbook


def test_without_an_address_nobody_is_told(tmp_path: Path) -> None:
    write(tmp_path, clients={"acme": edited(CLIENT, {"alarm_email": "null"})}, venues={"exchange": VENUE})
    stack = synthesise([loaded(tmp_path / "clients", tmp_path / "venues", "acme")])["acme"]
    assert not stack.all("SNS::Topic")
    assert all("OKActions" not in alarm for alarm in alarms(stack).values())


def mutes(stack: Stack) -> list[tuple[str, str, str]]:
    rules = [one["Properties"]["Rule"]["Schedule"] for one in stack.all("CloudWatch::AlarmMuteRule").values()]
    return [(rule["Expression"], rule["Duration"], rule["Timezone"]) for rule in rules]


def test_silent_outside_the_session(stacks: dict[str, Stack]) -> None:
    """07:00 to 17:30, Monday to Friday; maintenance on Saturdays."""
    assert mutes(stacks[SEED]) == [
        ("cron(30 17 * * MON,TUE,WED,THU)", "PT11H30M", "Europe/London"),
        ("cron(0 4 * * MON,TUE,WED,THU,FRI)", "PT3H", "Europe/London"),
        ("cron(30 17 * * FRI)", "P2DT11H30M", "Europe/London"),
        ("cron(0 6 * * SAT)", "PT6H", "Europe/London"),
    ]


@pytest.mark.parametrize(("other", "kinds"), [("[]", {"Closed"}), (MAINTENANCE, {"Closed", "Maintenance"})])
def test_the_engine_is_silent_only_while_every_venue_is_away(tmp_path: Path, other: str, kinds: set[str]) -> None:
    """One venue's maintenance muted it while the other one traded."""
    broker = edited(VENUE, {"name": "broker", "connection": "Broker", "peers.A.address": "198.51.100.20", "peers.B": GONE,
                            "remote_networks": "[192.0.3.0/24]", "fix.0.host": "192.0.3.20", "maintenance": other})  # fmt: skip
    client = edited(CLIENT, {"tunnels": "[{venue: exchange}, {venue: broker}]"})
    venues = {"exchange": edited(VENUE, {"maintenance": MAINTENANCE}), "broker": broker}
    write(tmp_path, clients={"acme": client}, venues=venues)
    stack = synthesise([loaded(tmp_path / "clients", tmp_path / "venues", "acme")])["acme"]
    rules = stack.all("CloudWatch::AlarmMuteRule").items()
    found = {name.removeprefix("AlarmsSilenceexchange") for name, one in rules if "AlarmsEngine" in json.dumps(one)}
    assert {kind for kind in ("Closed", "Maintenance") if any(one.startswith(kind) for one in found)} == kinds


def test_the_recovery_of_the_host_is_never_muted(stack: Stack) -> None:
    muted = json.dumps([one["Properties"]["MuteTargets"] for one in stack.all("CloudWatch::AlarmMuteRule").values()])
    (host,) = (name for name in stack.all("CloudWatch::Alarm") if name.startswith("AlarmsHost"))
    assert host not in muted


def window(days: str, start: str, end: str) -> Window:
    return Window(days=tuple(days.split()), start=start, end=end)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "session",
    [
        window("mon", "08:00", "16:00"),
        window("mon tue wed thu fri", "07:00", "17:30"),
        window("sun mon", "22:00", "21:00"),
        window("sun mon tue wed thu", "17:05", "17:00"),
        window("mon tue wed thu fri sat sun", "00:00", "23:00"),
    ],
)
def test_spans_leave_no_gap(session: Window) -> None:
    """Minute by minute of a week: silent exactly outside the session."""
    spans = quiet_spans(open_week([session]), session.timezone)
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    silent = set()
    for span in spans:
        for day in span.days:
            silent |= {(_minute(days.index(day), span.start) + n) % 10080 for n in range(span.minutes)}
    length = (_minute(0, session.end) - _minute(0, session.start)) % 1440
    open_ = {(_minute(days.index(day), session.start) + n) % 10080 for day in session.days for n in range(length)}
    assert silent == set(range(10080)) - open_


def _minute(day: int, time: str) -> int:
    hours, minutes = time.split(":")
    return day * 1440 + int(hours) * 60 + int(minutes)


def test_over_a_change_of_clocks_the_opening_is_not_silent() -> None:
    """A weekend with 23 hours of Sunday: what began on Friday ends an hour later by the clock, still before 07:00."""
    spans = quiet_spans(open_week([window("mon tue wed thu fri", "07:00", "17:30")]), "UTC")
    (weekend,) = (span for span in spans if span.days == ("fri",))
    ends_before = 61 * 60 + 30 - weekend.minutes
    assert ends_before >= 60
    assert Span(days=("mon", "tue", "wed", "thu", "fri"), start="04:00", minutes=180, timezone="UTC") in spans


def test_log_is_kept_for_a_year(stack: Stack) -> None:
    group = stack.one("Logs::LogGroup")
    assert group["LogGroupName"].startswith("/fixtunnel/")
    assert group["RetentionInDays"] == 400
    assert sorted(one["Properties"]["LogStreamName"] for one in stack.all("Logs::LogStream").values()) == [
        "gateway",
        "state",
    ]


def test_dashboard_names_every_tunnel_and_endpoint(stacks: dict[str, Stack]) -> None:
    board = stacks[LARGE].one("CloudWatch::Dashboard")
    assert board["DashboardName"] == "fixtunnel-acme-capital"
    for name in ("Northbridge", "Northbridge_B", "Harbour", "Harbour_B", "primary", "secondary"):
        assert f'"{name}"' in json.dumps(board["DashboardBody"]).replace("\\", "")


def parameters(stack: Stack) -> dict[str, str]:
    """The text of each parameter that the gateway follows."""
    return {one["Properties"]["Name"]: one["Properties"]["Value"] for one in stack.all("SSM::Parameter").values()}


def test_the_keys_of_the_agent_are_no_part_of_the_gateway(stacks: dict[str, Stack]) -> None:
    """Another key is another value of a parameter: the program's checksum and the user data stay as they are."""
    assert parameters(stacks[LARGE])["/fixtunnel/acme-capital/agent-keys"] == render_agent_keys()
    key = render_agent_keys()[:60]
    assert key not in json.dumps(stacks[LARGE].one("EC2::Instance"))
    assert base64.b64decode(key) not in archive()


def test_state_manager_updates_the_agent_in_the_restart_window(stacks: dict[str, Stack]) -> None:
    """Saturdays from 06:00 to 08:00 in London are 06:00 to 08:00 UTC in winter, and 05:00 to 07:00 in summer."""
    update = stacks[LARGE].one("SSM::Association")
    assert (update["Name"], update["ScheduleExpression"]) == ("AWS-UpdateSSMAgent", "cron(30 6 ? * SAT *)")
    assert update["ApplyOnlyAtCronInterval"] is True, "it does not run at each deploy"
    assert update["Targets"] == [{"Key": "InstanceIds", "Values": [{"Ref": stacks[LARGE].instance_id}]}]
    assert "InstanceId" not in update, "another one would be another association"


@pytest.mark.parametrize(
    ("days", "start", "end", "zone", "moment"),
    [
        ("sat", "22:00", "02:00", "Europe/London", ("sat", "23:30")),
        ("sat sun", "03:00", "05:00", "Asia/Tokyo", ("fri", "19:00")),
        ("mon", "01:00", "02:00", "Australia/Sydney", ("sun", "15:00")),
        ("sun", "02:00", "02:00", "UTC", ("sun", "14:00")),
    ],
)
def test_the_moment_is_inside_the_window_in_summer_and_winter(
    days: str, start: str, end: str, zone: str, moment: tuple[str, str]
) -> None:
    window_ = Window(days=days.split(), start=start, end=end, timezone=zone)  # type: ignore[arg-type]
    assert weekly_moment(window_, year=2026) == moment


def test_operations(stacks: dict[str, Stack]) -> None:
    told = json.loads(parameters(stacks[LARGE])["/fixtunnel/acme-capital/operations"])
    assert told["fix"].keys() == {"northbridge", "harbour"}
    assert told["endpoints"]["northbridge"] == [["primary", "10.210.0.20", 9001], ["secondary", "10.210.8.20", 9001]]
    assert told["psk_rotation"] == "at-once"
    assert told["restart_window"]["days"] == ["sat"]
