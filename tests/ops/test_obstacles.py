"""What AWS would refuse half-way, looked for where the gateway will really be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from localaws.aws import EmbeddedAws
from model.client import Standby
from model.load import load
from ops.aws.access import Access
from ops.aws.ec2 import first_zone
from ops.deploying import obstacles
from ops.deploying.obstacle import Look
from ops.deploying.obstacles import _instance_type
from ops.files.checking import check_files
from ops.gateway.kept import KeptState
from tests.paths import CLIENTS, VENUES

(OWN,) = load(clients=CLIENTS, venues=VENUES, selected=["lse-proquote"]).deployments
(EXISTING,) = load(clients=CLIENTS, venues=VENUES, selected=["acme-capital"]).deployments


def look(deployment: Any, *, standing: str = "") -> Look:
    """A region whose zone a has no instance type at all. `standing` is the zone of a gateway that is there."""
    account = SimpleNamespace(
        first_zone=lambda: "eu-west-2a",
        offers=lambda _kind, zone: zone != "eu-west-2a",
        instance=lambda _id: SimpleNamespace(zone=standing) if standing else None,
    )
    stack = SimpleNamespace(instance_id="i-1") if standing else None
    return cast("Look", SimpleNamespace(account=account, deployment=deployment, stack=stack, kept={}))


def test_a_new_network_is_in_the_first_zone() -> None:
    (found,) = _instance_type(look(OWN))
    assert found.what == "eu-west-2a, where the gateway would be, has no t3.small"
    assert found.is_fatal


def test_a_network_that_is_there_stays_in_its_zone() -> None:
    assert not list(_instance_type(look(OWN, standing="eu-west-2b")))
    network = EXISTING.client.network.model_copy(update={"availability_zone": "eu-west-2b"})
    elsewhere = SimpleNamespace(client=EXISTING.client.model_copy(update={"network": network}))
    assert not list(_instance_type(look(elsewhere)))


def test_the_second_gateways_zone_has_its_type_too() -> None:
    standby = Standby(subnet_id="subnet-12345678", availability_zone="eu-west-2a")
    gateway = EXISTING.client.gateway.model_copy(update={"standby": standby})
    network = EXISTING.client.network.model_copy(update={"availability_zone": "eu-west-2b"})
    pair = SimpleNamespace(client=EXISTING.client.model_copy(update={"network": network, "gateway": gateway}))
    (found,) = _instance_type(look(pair))
    assert found.what.startswith("eu-west-2a, where the second gateway would be, has no ")
    assert "gateway.standby.subnet_id" in found.advice


@pytest.fixture
def access(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Access:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    return Access(profile=None, region="eu-west-2")


def test_the_first_zone_is_cloudformations(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of zones without a default subnet Fn::GetAZs takes none, unless there is no such subnet at all."""
    assert first_zone(access) == "eu-west-2a"
    subnets = [{"AvailabilityZone": "eu-west-2c"}, {"AvailabilityZone": "eu-west-2b"}]
    monkeypatch.setattr(access, "pages", lambda *_, **__: subnets)
    assert first_zone(access) == "eu-west-2b"
    subnets.clear()
    assert first_zone(access) == "eu-west-2a"


SOON = "the newest key of AWS's SSM agent ends on 2027-11-25"


def test_a_key_that_ends_soon_is_said_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obstacles, "ends_soon", lambda _now: SOON)
    (found,) = obstacles._agent_keys(look(OWN))
    assert (found.what, found.is_fatal) == (SOON, False)


def test_check_says_so_too_once_for_all_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [one for one in check_files([], clients=CLIENTS, venues=VENUES) if "SSM" in one.message]
    monkeypatch.setattr("ops.files.checking.ends_soon", lambda _now: SOON)
    (found,) = [one for one in check_files([], clients=CLIENTS, venues=VENUES) if "SSM" in one.message]
    assert (found.file, found.severity) == ("userdata/agent-keys.asc", "warning")
    assert found.message == f"{SOON}; put AWS's next key here"


@pytest.mark.parametrize(("why", "is_said"), [("no key of ours verifies it", True), ("", False), (None, False)])
def test_a_gateway_without_an_agent_is_said(monkeypatch: pytest.MonkeyPatch, why: str | None, is_said: bool) -> None:
    seen = cast("Any", SimpleNamespace(no_sessions=why))
    told = None if why is None else KeptState(seen=seen, age=3)
    monkeypatch.setattr(obstacles, "kept_state", lambda *_: told)
    here = look(OWN, standing="eu-west-2a")
    cast("Any", here.account).access = None
    found = list(obstacles._agent(here))
    assert [one.what for one in found] == ([f"no sessions by SSM on the gateway: {why}"] if is_said else [])
    assert not any(one.is_fatal for one in found)


def test_a_client_without_a_gateway_is_not_asked() -> None:
    assert not list(obstacles._agent(look(OWN)))
