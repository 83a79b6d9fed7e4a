"""Associations of State Manager: a document, instances, and a schedule.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ssm-association.html
"""

from __future__ import annotations

import re
import uuid

from localaws.cloudformation.faults import CannotMake
from localaws.cloudformation.kinds.base import Kind, Made, Properties, Request

_SCHEDULE = re.compile(
    r"rate\([1-9]\d* (minutes?|hours?|days?)\)"
    r"|cron\(([0-5]?\d|0/30|\*) (1?\d|2[0-3]|\*|0/\d+) (\?|\*) \* (\?|\*|(SUN|MON|TUE|WED|THU|FRI|SAT)(#[1-5])?) \*\)"
)
"""Times are UTC, a month cannot be named, a day of the week is one (AWS: "Cron and rate expressions for Systems Manager")."""


class Association(Kind):
    """A record only: no agent is there to be updated. A schedule that State Manager would not take is refused."""

    changes = ("ApplyOnlyAtCronInterval", "AssociationName", "Name", "ScheduleExpression", "Tags", "Targets")

    def create(self, request: Request) -> Made:
        """Note it."""
        self._check(request)
        name = str(uuid.uuid4())
        return Made(physical_id=name, attributes={"AssociationId": name})

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Note the change."""
        self._check(request)
        return made

    def delete(self, made: Made, properties: Properties) -> None:
        """Forget it."""

    def _check(self, request: Request) -> None:
        schedule = str(request.properties.get("ScheduleExpression", ""))
        if schedule and not _SCHEDULE.fullmatch(schedule):
            raise CannotMake(
                f"InvalidSchedule: {schedule} is not supported (AWS: Cron and rate expressions for Systems Manager)"
            )
        for target in request.properties.get("Targets", ()):
            if target["Key"] == "InstanceIds" and not all(re.fullmatch("i-[0-9a-f]+", one) for one in target["Values"]):
                raise CannotMake(
                    f"InvalidTarget: {target['Values']} (AWS: Systems Manager API Reference, CreateAssociation)"
                )
