"""`fixtunnel logs`: from the gateway's journal, and from CloudWatch where the gateway is gone."""

from __future__ import annotations

import json
import signal
import time
from types import SimpleNamespace

import pytest

from localaws.aws import EmbeddedAws
from ops.interrupts import Interrupted
from tests.emulator.standing import Standing
from tests.ops.conftest import Fixtunnel, reachable
from tests.ops.embedded import StandInGateway, up

TUNNEL = "LSE_Proquote"


def test_logs_are_the_changes_and_what_was_around_them(
    acme: Fixtunnel, standing: Standing, gateway: StandInGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time())
    lines = [f'{now - 100 + n}.5 gw pluto[9]: "{TUNNEL}" #1: word {n}' for n in range(20)]
    lines[10:10] = [f"{now - 90}.6 gw python3[7]: fixtunnel: {TUNNEL}: down"]
    gateway.is_well(standing.address["PublicIp"], now=now)
    gateway.is_in_state("holding", {TUNNEL: up(now, changes=[{"at": now - 90, "state": "down"}])})
    gateway.says["journalctl"] = "\n".join(lines) + "\n"
    reachable(gateway, monkeypatch)
    entries = json.loads(acme("logs", "acme", "--json").out)
    assert [one["text"] for one in entries if one["is_change"]] == [f"fixtunnel: {TUNNEL}: down"]
    assert len(entries) == 9
    assert len(json.loads(acme("logs", "acme", "--all", "--json").out)) == 21
    assert acme("logs", "acme", "--since", "2h; reboot").status == 2


def test_a_gateway_of_an_earlier_version_keeps_no_changes_and_its_journal_tells_them(
    acme: Fixtunnel, standing: Standing, gateway: StandInGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time())
    told = [
        f"{now - 90}.6 gw python3[7]: fixtunnel: {TUNNEL}: one-way",
        f"{now - 60}.6 gw python3[7]: fixtunnel: {TUNNEL}: up",
    ]
    lines = [*(f'{now - 100}.{n} gw pluto[9]: "{TUNNEL}" #1: word {n}' for n in range(9)), *told]
    lines += [f'{now - 50}.{n} gw pluto[9]: "{TUNNEL}" #1: word {n}' for n in range(9)]
    gateway.is_well(standing.address["PublicIp"], now=now)
    former = up(now)
    del former["changes"], former["incident"]
    gateway.is_in_state("holding", {TUNNEL: former})
    gateway.says["journalctl"] = "\n".join(lines) + "\n"
    reachable(gateway, monkeypatch)
    entries = json.loads(acme("logs", "acme", "--json").out)
    assert [one["text"] for one in entries if one["is_change"]] == [
        f"fixtunnel: {TUNNEL}: one-way",
        f"fixtunnel: {TUNNEL}: up",
    ]
    assert len(entries) == 10


def test_logs_of_a_gateway_that_is_gone_come_from_cloudwatch(
    acme: Fixtunnel, aws: EmbeddedAws, standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, group = aws.client("logs"), "/fixtunnel/acme"
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        logs.create_log_group(logGroupName=group)
    if not logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="gateway")["logStreams"]:
        logs.create_log_stream(logGroupName=group, logStreamName="gateway")
    event = {
        "timestamp": int(time.time() * 1000),
        "message": json.dumps({"said": f"{TUNNEL}: down", "instance": "i-1", "tunnel": TUNNEL, "state": "down"}),
    }
    logs.put_log_events(logGroupName=group, logStreamName="gateway", logEvents=[event])
    monkeypatch.setenv("FIXTUNNEL_SESSION", "/nonexistent/session")
    ran = acme("logs", "acme")
    assert f"fixtunnel: {TUNNEL}: down" in ran.out
    assert "CloudWatch" in ran.err


def test_what_is_new_is_followed(
    acme: Fixtunnel, standing: Standing, gateway: StandInGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time())
    lines = [f"{now - 90}.6 gw python3[7]: fixtunnel: {TUNNEL}: down"]
    gateway.is_well(standing.address["PublicIp"], now=now)
    gateway.is_in_state("holding", {TUNNEL: up(now)})
    gateway.says["journalctl"] = "\n".join(lines) + "\n"
    reachable(gateway, monkeypatch)
    looks = iter([f"{now - 5}.6 gw python3[7]: fixtunnel: {TUNNEL}: up"])

    def sleep(_seconds: float) -> None:
        """Between two looks one more line is written; then somebody ends it."""
        line = next(looks, None)
        if line is None:
            raise Interrupted(signal.SIGINT)
        gateway.says["journalctl"] += f"{line}\n"
        reachable(gateway, monkeypatch)

    clock = SimpleNamespace(sleep=sleep, monotonic=time.monotonic)
    monkeypatch.setattr("ops.verbs.logs.time", clock)
    ran = acme("logs", "acme", "--all", "--follow")
    assert ran.status == 130
    assert [line.rpartition(" ")[2] for line in ran.out.splitlines()] == ["down", "up"], "each once"
    assert acme("logs", "acme", "--follow", "--json").status == 2
