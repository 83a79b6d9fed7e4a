"""The record of one stack: what exists, what happened, and how CloudFormation's API shows it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from localaws.cloudformation.kinds import Made, Properties
from localaws.cloudformation.signals import Signals
from localaws.cloudformation.template import Body


def now() -> datetime:
    """The time, as AWS writes it: UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a stack shall become."""

    text: str
    body: Body
    given: Mapping[str, str]
    resolved: Mapping[str, str | list[str]]
    tags: Mapping[str, str]

    def same_as(self, other: Target | None) -> bool:
        """Whether there is nothing to do. Another Metadata section by itself is nothing, as in AWS."""
        return other is not None and self._counts == other._counts

    @property
    def _counts(self) -> Any:
        return {**self.body, "Metadata": None}, self.resolved, self.tags


@dataclass(kw_only=True)
class Resource:
    """One resource of a stack."""

    logical_id: str
    definition: Body
    properties: Properties
    made: Made | None = None
    status: str = ""
    reason: str | None = None
    since: datetime = field(default_factory=now)

    @property
    def resource_type(self) -> str:
        """Its CloudFormation type."""
        return str(self.definition["Type"])

    @property
    def physical_id(self) -> str:
        """Its id in AWS; empty before it exists."""
        return self.made.physical_id if self.made else ""


@dataclass(kw_only=True)
class Stack:
    """A stack. One thread at a time changes it; requests read it meanwhile."""

    name: str
    stack_id: str
    protected: bool = False
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    target: Target | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    signals: Signals = field(default_factory=Signals)
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    updates: int = 0

    def zone_seed(self, *, shuffled: bool) -> str:
        """The order of zones in the operation under way, or in the one to come: as they are where the stack is made."""
        return f"{self.name} {self.updates}" if shuffled and self.updates else ""

    @property
    def is_busy(self) -> bool:
        """Whether an operation is under way (a stack under review waits for its first)."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def mark(self, status: str, reason: str | None = None) -> None:
        """Change the stack's own status, with an event."""
        self.events.append(self._event(self.name, self.stack_id, "AWS::CloudFormation::Stack", status, reason))
        self.status, self.reason = status, reason

    def mark_resource(self, resource: Resource, status: str, reason: str | None = None) -> None:
        """Change a resource's status, with an event."""
        resource.status, resource.reason, resource.since = status, reason, now()
        named = (resource.logical_id, resource.physical_id, resource.resource_type)
        self.events.append(self._event(*named, status, reason))

    def _next_moment(self) -> datetime:
        """Now, or a millisecond after the last event: readers sort events by time, in milliseconds."""
        return max(now(), self.events[-1]["Timestamp"] + timedelta(milliseconds=1)) if self.events else now()

    def _event(self, logical_id: str, physical_id: str, kind: str, status: str, reason: str | None) -> dict[str, Any]:
        return {
            "StackId": self.stack_id,
            "StackName": self.name,
            "EventId": str(uuid.uuid4()),
            "Timestamp": self._next_moment(),
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }

    def describe(self) -> dict[str, Any]:
        """The stack as DescribeStacks shows it."""
        return {
            "StackName": self.name,
            "StackId": self.stack_id,
            "StackStatus": self.status,
            "StackStatusReason": self.reason,
            "CreationTime": self.created,
            "LastUpdatedTime": self.updated,
            "EnableTerminationProtection": self.protected,
            "DisableRollback": False,
            "Description": self.target.body.get("Description") if self.target else None,
            "Parameters": self._parameters(),
            "Outputs": self.outputs,
            "Tags": [{"Key": k, "Value": v} for k, v in self.target.tags.items()] if self.target else [],
        }

    def _parameters(self) -> list[dict[str, Any]]:
        if self.target is None:
            return []
        resolved = self.target.resolved
        shown = {name: value if isinstance(value, str) else ",".join(value) for name, value in resolved.items()}
        return [
            {"ParameterKey": name, "ParameterValue": value}
            | ({"ResolvedValue": shown[name]} if shown[name] != value else {})
            for name, value in self.target.given.items()
        ]

    def describe_resource(self, resource: Resource) -> dict[str, Any]:
        """A resource as DescribeStackResources and ListStackResources show it."""
        return {
            "StackName": self.name,
            "StackId": self.stack_id,
            "LogicalResourceId": resource.logical_id,
            "PhysicalResourceId": resource.physical_id,
            "ResourceType": resource.resource_type,
            "ResourceStatus": resource.status,
            "ResourceStatusReason": resource.reason,
            "Timestamp": resource.since,
            "LastUpdatedTimestamp": resource.since,
        }
