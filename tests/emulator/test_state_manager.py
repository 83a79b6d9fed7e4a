"""An association is made with a schedule that State Manager takes, and with no other."""

from __future__ import annotations

import pytest

from localaws.cloudformation.faults import CannotMake
from localaws.cloudformation.kinds.base import Request
from localaws.cloudformation.kinds.state_manager import Association


def request(schedule: str, instance: str = "i-0a1b2c3d") -> Request:
    targets = [{"Key": "InstanceIds", "Values": [instance]}]
    properties = {"Name": "AWS-UpdateSSMAgent", "ScheduleExpression": schedule, "Targets": targets}
    return Request(stack="fixtunnel-acme", logical_id="Update", properties=properties)


@pytest.mark.parametrize("schedule", ["cron(30 6 ? * SAT *)", "cron(0 2 ? * THU#2 *)", "rate(7 days)"])
def test_what_state_manager_takes(schedule: str) -> None:
    made = Association(clients=None).create(request(schedule))  # type: ignore[arg-type]
    assert made.attributes["AssociationId"] == made.physical_id


@pytest.mark.parametrize(
    "schedule", ["cron(30 6 ? 1 SAT *)", "cron(30 6 ? * SAT,SUN *)", "cron(61 6 ? * SAT *)", "weekly"]
)
def test_what_it_does_not(schedule: str) -> None:
    with pytest.raises(CannotMake, match="Cron and rate expressions"):
        Association(clients=None).create(request(schedule))  # type: ignore[arg-type]


def test_an_instance_that_is_none() -> None:
    with pytest.raises(CannotMake, match="InvalidTarget"):
        Association(clients=None).create(request("rate(7 days)", instance="acme"))  # type: ignore[arg-type]
