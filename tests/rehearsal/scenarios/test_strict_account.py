"""A firm's own DNS, time, proxy and mirror: the gateway boots by them, and its security group lets it to nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.world.edge.own_servers import MIRROR, PROXY
from tests.rehearsal.scene import Scene, scene, until

CLIENTS = Path(__file__).parent / "clients"


@pytest.fixture(scope="module")
def own() -> Iterator[Scene]:
    with scene("meridian-strict", clients=CLIENTS) as made:
        made.rehearsal.run()
        yield made


def test_fix_runs_and_the_agent_is_there(own: Scene) -> None:
    assert own.report.verdict == "passed"
    assert own.on_gateway("systemctl is-active amazon-ssm-agent") == "active"


def test_aws_was_asked_by_the_proxy_alone(own: Scene) -> None:
    """The front has one address, and the security group lets nothing to it: what came there came by the proxy."""
    asked = {str(one["host"]) for one in own.stage.edge.own[PROXY].requests()}
    services = {host.split(".")[0] for host in asked if host.endswith(".amazonaws.com")}
    assert {"secretsmanager", "cloudformation", "monitoring", "logs", "ssm"} <= services
    assert asked == {host for host in asked if host.endswith((".amazonaws.com", ".amazonaws.com.cn"))}, "packages too"


def test_packages_came_from_the_mirror(own: Scene) -> None:
    log = own.stage.edge.own[MIRROR].log.read_text()
    assert "libreswan" in log and "/debian-security/" in log
    assert "GET" not in own.stage.edge.archive.log.read_text()


def test_names_and_time_come_from_the_firms_own(own: Scene) -> None:
    servers = own.on_gateway("resolvectl dns")
    assert "10.250.0.2" in servers.splitlines()[0]
    assert "10.250.0.4" in own.on_gateway(
        "timedatectl show-timesync --property=ServerAddress --property=SystemNTPServers"
    )
    until(
        lambda: own.on_gateway("timedatectl show --property=NTPSynchronized") == "NTPSynchronized=yes",
        what="the time",
        limit=60,
    )


def test_after_a_power_cut_it_is_so_again(own: Scene) -> None:
    own.cut_power()
    own.venue.wait_until_down(limit=120)
    own.venue.wait_until_up(limit=180)
    watch = "/proc/$(systemctl show --property=MainPID --value fixtunnel-watch)/environ"
    assert "http_proxy=http://10.250.0.8:3128" in own.on_gateway(f"tr '\\0' '\\n' <{watch}"), "from its first second"
    before = len(own.stage.edge.own[PROXY].requests())
    until(lambda: len(own.stage.edge.own[PROXY].requests()) > before, what="a call by the proxy", limit=180)
