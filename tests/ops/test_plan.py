"""What a change set means to a trader, and when a tunnel may go down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from model.client import ElasticIp
from model.load import load
from ops.aws import Change, Stack
from ops.deploying.downtime import next_quiet, trading
from ops.deploying.planning import _first_claim, _new_address, _of_changes, _of_new_address, _settings_in_place, judged
from tests.paths import CLIENTS, VENUES

LONDON = ZoneInfo("Europe/London")
INSTANCE, ALARM, EIP = "AWS::EC2::Instance", "AWS::CloudWatch::Alarm", "AWS::EC2::EIP"


def change(action: str, kind: str, *, replaces: bool | None = None, causes: tuple[str, ...] = ()) -> Change:
    return Change(action=action, logical_id="X", kind=kind, replaces=replaces, causes=causes)


@pytest.mark.parametrize(
    ("changes", "kind", "is_down"),
    [
        ((), "nothing", False),
        ((change("Modify", ALARM, replaces=False),), "in place", False),
        ((change("Add", ALARM),), "in place", False),
        ((change("Add", INSTANCE), change("Remove", INSTANCE)), "replaces the gateway", True),
        ((change("Modify", INSTANCE, replaces=True),), "replaces the gateway", True),
        ((change("Modify", INSTANCE, replaces=None),), "replaces the gateway", True),
        ((change("Modify", INSTANCE, replaces=False, causes=("Tags",)),), "in place", False),
        ((change("Modify", INSTANCE, replaces=False, causes=("InstanceType",)),), "restarts the gateway", True),
        ((change("Modify", EIP, replaces=True),), "in place", True),
    ],
)
def test_a_diff_in_a_traders_words(changes: tuple[Change, ...], kind: str, is_down: bool) -> None:
    found, seconds = judged(changes)
    assert (found, seconds > 0) == (kind, is_down)


def test_what_changes_in_place_says_when_it_holds() -> None:
    settings = (change("Modify", "AWS::SSM::Parameter", replaces=False),)
    (told,) = _settings_in_place("in place", settings)
    assert "within two minutes" in told
    assert not list(_settings_in_place("replaces the gateway", settings)), "the new one begins with them"
    assert not list(_settings_in_place("in place", (change("Add", ALARM),)))


def test_a_stack_of_before_is_told_that_its_address_moves_otherwise() -> None:
    gateway = (change("Add", INSTANCE), change("Remove", INSTANCE))
    assert not list(_first_claim(gateway))
    (told,) = _first_claim((*gateway, change("Remove", "AWS::EC2::EIPAssociation")))
    assert "secondary private address" in told


OWN, OTHER = "203.0.113.7", "203.0.113.77"


@pytest.mark.parametrize(
    ("named", "kept", "changes", "becomes"),
    [
        ("", "", (change("Modify", INSTANCE, replaces=True),), ""),
        ("", "", (change("Modify", EIP, replaces=False),), ""),
        ("", "", (change("Modify", EIP, replaces=None),), "one that AWS chooses"),
        ("", "", (change("Add", EIP),), "one that AWS chooses"),
        (OTHER, "", (change("Remove", EIP), change("Add", INSTANCE)), OTHER),
        (OTHER, "", (change("Modify", INSTANCE, replaces=True),), OTHER),
        ("", OTHER, (change("Modify", INSTANCE, replaces=True),), OTHER),
        (OWN, "", (change("Remove", EIP),), ""),
    ],
)
def test_another_public_address_is_seen(named: str, kept: str, changes: tuple[Change, ...], becomes: str) -> None:
    (deployment,) = load(clients=CLIENTS, venues=VENUES, selected=["lse-proquote"]).deployments
    address = ElasticIp.model_validate({"address": named, "allocation_id": "eipalloc-0a1b2c3d"}) if named else None
    gateway = deployment.client.gateway.model_copy(update={"elastic_ip": address})
    wanted = replace(deployment, client=deployment.client.model_copy(update={"gateway": gateway}))
    stack = cast("Stack", SimpleNamespace(address=OWN))
    assert _new_address(wanted, stack, {"KeptAddress": kept} if kept else {}, changes) == becomes


def test_nobody_knows_how_long_a_venue_takes_to_change_its_side() -> None:
    told = "\n".join(_of_new_address("replaces the gateway", OWN, OTHER))
    assert f"from {OWN} to {OTHER}, and replaces the gateway" in told
    assert "until each venue has changed its side" in told and " s," not in told


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        (datetime(2026, 11, 23, 7, 0, tzinfo=LONDON), True),
        (datetime(2026, 11, 23, 17, 29, tzinfo=LONDON), True),
        (datetime(2026, 11, 23, 17, 30, tzinfo=LONDON), False),
        (datetime(2026, 11, 22, 12, 0, tzinfo=LONDON), False),
        (datetime(2026, 7, 6, 6, 30, tzinfo=ZoneInfo("UTC")), True),
    ],
)
def test_session_hours_are_the_venues_own(moment: datetime, inside: bool) -> None:
    (deployment,) = load(clients=CLIENTS, venues=VENUES, selected=["lse-proquote"]).deployments
    assert bool(trading(deployment.venues, moment)) is inside


def test_the_next_quiet_moment_is_after_the_last_session() -> None:
    (deployment,) = load(clients=CLIENTS, venues=VENUES, selected=["lse-proquote"]).deployments
    found = next_quiet(deployment, datetime(2026, 11, 23, 12, 1, tzinfo=LONDON))
    assert found == datetime(2026, 11, 23, 17, 30, tzinfo=LONDON)


@pytest.mark.parametrize("is_public", [True, False])
def test_a_restart_takes_a_public_address_away_if_there_is_one(is_public: bool) -> None:
    (words,) = _of_changes("restarts the gateway", 120, is_public=is_public)
    assert words.startswith("stops and starts the gateway: the tunnels are down for about 2 minutes")
    assert ("reaches AWS only while it holds the Elastic IP" in words) == is_public
