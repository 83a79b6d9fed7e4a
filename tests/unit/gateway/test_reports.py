"""Metrics and events: one call a minute, nothing lost that need not be, and quiet when AWS does not answer."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fixtunnel import aws, errand
from fixtunnel.child import Child
from fixtunnel.command import Failed
from fixtunnel.reporter import MOST_EVENTS, Reporter
from fixtunnel.settings import Settings


class Answering(Child):
    """Errands that are answered when the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[dict[str, Any]] = []
        self.told: dict[str, Any] | None = None

    def begin(self, request: dict[str, Any]) -> None:
        self.requests.append(request)

    def answer(self) -> dict[str, Any] | None:
        told, self.told = self.told, None
        return told


METRIC = [{"MetricName": "TunnelState"}]


@pytest.fixture
def child() -> Answering:
    return Answering()


@pytest.fixture
def reporter(seed: Settings, child: Answering) -> Reporter:
    return Reporter(seed, "i-0a1b2c3d", child)


def send(reporter: Reporter, now: float, *, soon: bool = False) -> bool:
    return reporter.is_due(soon=soon, now=now) and reporter.begin(secrets={}, metrics=METRIC, now=now)


def test_once_a_minute(reporter: Reporter) -> None:
    sent = [now for now in range(1000, 1300) if send(reporter, float(now))]
    assert sent == [1000, 1060, 1120, 1180, 1240]


def test_sooner_for_a_psk_but_metrics_not_more_often(reporter: Reporter, child: Answering) -> None:
    for now in range(1000, 1121):
        send(reporter, float(now), soon=True)
    assert len(child.requests) == 7
    assert sum("metrics" in request for request in child.requests) == 3


def test_late_looks_do_not_add_up(reporter: Reporter, child: Answering) -> None:
    """Each minute of CloudWatch's has a metric: a missing one counts as a tunnel that is down."""
    now, minutes = 1000.0, set()
    for _ in range(4000):
        now += 1.3
        if send(reporter, now):
            minutes.add(int(now // 60))
    assert minutes == set(range(min(minutes), max(minutes) + 1))


def test_events_wait_for_aws(reporter: Reporter, child: Answering) -> None:
    reporter.tell("LSE_Proquote: up")
    send(reporter, 1000.0)
    child.told = {"errors": {"events": "timed out"}}
    reporter.answer(1001.0)
    send(reporter, 1060.0)
    group = child.requests[-1]["events"]
    assert (group["group"], group["stream"]) == ("/fixtunnel/lse-proquote", "gateway")
    assert json.loads(group["events"][0]["message"])["instance"] == "i-0a1b2c3d"
    said = [json.loads(event["message"])["said"] for event in group["events"]]
    assert said == ["LSE_Proquote: up", "AWS does not take or give events: timed out"]
    child.told = {"events": True, "errors": {}}
    reporter.answer(1061.0)
    send(reporter, 1120.0)
    assert len(child.requests[-1]["events"]["events"]) == 1  # that it answers again


def test_a_batch_that_cloudwatch_logs_will_never_take_is_given_up(reporter: Reporter, child: Answering) -> None:
    reporter.tell("one")
    send(reporter, 1000.0)
    child.told = {"errors": {"events": "AWS: put log events failed: (InvalidParameterException) ..."}}
    reporter.answer(1001.0)
    send(reporter, 1060.0)
    sent = [json.loads(event["message"])["said"] for event in child.requests[-1]["events"]["events"]]
    assert sent == [
        "AWS does not take or give events: " + "AWS: put log events failed: (InvalidParameterException) ..."
    ]


def test_events_are_in_the_order_of_their_time_and_of_one_day(
    reporter: Reporter, child: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock may be put right between two of them, and CloudWatch Logs away for days."""
    for at in (1000.0, 900.0, 1000.0 + 90000):
        monkeypatch.setattr("time.time", lambda at=at: at)
        reporter.tell(f"at {at:.0f}")
    send(reporter, 1000.0)
    events = child.requests[-1]["events"]["events"]
    assert [event["timestamp"] for event in events] == [900_000, 1_000_000]


def test_bounded_and_quiet(reporter: Reporter, child: Answering, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3 * MOST_EVENTS):
        reporter.tell(f"number {number}")
    capsys.readouterr()
    for minute in range(30):
        send(reporter, 1000.0 + 60 * minute)
        child.told = {"errors": {"events": "timed out", "metrics": "timed out"}}
        reporter.answer(1001.0 + 60 * minute)
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert len(child.requests[-1]["events"]["events"]) == 100


def test_operations_each_minute(reporter: Reporter, child: Answering) -> None:
    """`deploy` says "within two minutes" of what changes in place: a new route table, hosts, windows."""
    for minute in range(25):
        send(reporter, 1000.0 + 60 * minute)
        child.told = {"errors": {}} | ({"operations": "{}"} if "operations" in child.requests[-1] else {})
        reporter.answer(1001.0 + 60 * minute)
    assert ["operations" in request for request in child.requests].count(True) == 25


class Service:
    """AWS's clients in one: notes each call, and answers or refuses as the test says."""

    def __init__(self, **answers: Any) -> None:
        self.called: list[str] = []
        self._answers = answers

    def __getattr__(self, verb: str) -> Any:
        def call(**_arguments: Any) -> Any:
            self.called.append(verb)
            answer = self._answers.get(verb, {})
            if isinstance(answer, list):
                answer = answer.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Call")


def errand_with(monkeypatch: pytest.MonkeyPatch, request: dict[str, Any], **answers: Any) -> tuple[Any, list[str]]:
    service = Service(**answers)
    monkeypatch.setattr(aws, "_client", lambda _service: service)
    return errand.do(request), service.called


CURRENT = {"VersionIdsToStages": {"v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT"]}}


@pytest.mark.parametrize(
    ("known", "described", "expected", "called"),
    [
        (["v2"], CURRENT, {"version": "v2"}, ["describe_secret"]),
        (["v1"], CURRENT, {"version": "v2", "value": "cHNr"}, ["describe_secret", "get_secret_value"]),
        ([], {}, {"version": ""}, ["describe_secret"]),
    ],
)
def test_a_value_is_fetched_only_if_it_is_not_known(
    monkeypatch: pytest.MonkeyPatch, known: list[str], described: Any, expected: dict[str, str], called: list[str]
) -> None:
    request = {"secrets": {"A": {"arn": "arn:a", "key": "", "known": known}}}
    answer, made = errand_with(
        monkeypatch, request, describe_secret=described, get_secret_value={"VersionId": "v2", "SecretString": "psk"}
    )
    assert answer == {"errors": {}, "secrets": {"A": expected}}
    assert made == called


def test_each_part_stands_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    request = {
        "metrics": {"namespace": "fixtunnel/acme", "data": METRIC},
        "operations": "/p",
        "secrets": {"A": {"arn": "arn:a", "key": "", "known": []}},
    }
    answer, _ = errand_with(
        monkeypatch,
        request,
        put_metric_data=refusal("Throttling"),
        get_parameter={"Parameter": {"Value": "{}"}},
        describe_secret=refusal("AccessDenied"),
    )
    assert answer["operations"] == "{}"
    assert answer["errors"].keys() == {"metrics"}
    assert "AccessDenied" in answer["secrets"]["A"]["error"]


ECHO = (sys.executable, "-c", "import json, sys; print(json.dumps({'got': json.load(sys.stdin)}))")


REAL_SLEEP = time.sleep


def answered(child: Child) -> dict[str, Any]:
    for _ in range(500):
        if (told := child.answer()) is not None:
            return told
        REAL_SLEEP(0.02)
    raise AssertionError("no answer within 10 s")


def test_an_errand_is_not_waited_for(no_waiting: list[float]) -> None:
    child = Child(ECHO)
    child.begin({"secrets": {}})
    assert child.is_busy
    assert answered(child) == {"got": {"secrets": {}}}
    assert not child.is_busy
    assert child.answer() is None


@pytest.mark.parametrize(("urgent", "yields"), [(False, 19), (True, 0)])
def test_an_errand_yields_to_the_tunnels_unless_nobody_trades_without_it(urgent: bool, yields: int) -> None:
    child = Child((sys.executable, "-c", "import json, os; print(json.dumps({'nice': os.nice(0)}))"))
    child.begin({}, urgent=urgent)
    assert answered(child)["nice"] == max(yields, os.nice(0))


@pytest.mark.parametrize("program", ["raise SystemExit(1)", "print('{')"])
def test_an_errand_that_fails(program: str) -> None:
    child = Child((sys.executable, "-c", program))
    child.begin({})
    assert "errand" in answered(child)["errors"]


def test_an_errand_that_never_ends(no_waiting: list[float]) -> None:
    child = Child((sys.executable, "-c", "import time; time.sleep(60)"))
    child.begin({})
    no_waiting[0] += 60
    assert "errand" in answered(child)["errors"]


@pytest.mark.parametrize(("group", "made"), [("/acme/fix", True), ("", False)])
def test_a_stream_in_the_firms_own_log_group_is_made_once_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, seed: Settings, group: str, made: bool
) -> None:
    here, calls, streams = replace(seed, log_group=group), [], set[str]()

    def call(_service: str, operation: str, **asked: Any) -> dict[str, Any]:
        calls.append(operation)
        if operation == "create_log_stream":
            streams.add(asked["logStreamName"])
        elif asked["logStreamName"] not in streams:
            raise Failed("logs", "ResourceNotFoundException: The specified log stream does not exist.")
        return {}

    monkeypatch.setattr(aws, "_call", call)
    monkeypatch.setattr(aws.settings, "load", lambda: here)
    put = partial(aws.put_events, here.log.group, here.log.state, [])
    if not made:
        with pytest.raises(Failed, match="ResourceNotFound"):
            put()
        return
    put()
    put()
    assert calls == ["put_log_events", "create_log_stream", "put_log_events", "put_log_events"]
    assert streams == {f"fixtunnel/{here.client}/state"}
