"""What AWS would refuse half-way, looked for where the gateway will really be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from localaws.aws import EmbeddedAws
from model.load import load
from ops.aws.access import Access
from ops.aws.ec2 import first_zone
from ops.deploying.obstacle import Look
from ops.deploying.obstacles import _instance_type
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
