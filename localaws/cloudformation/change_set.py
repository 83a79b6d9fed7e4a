"""What an update would do to each resource of a stack, by resolved values, as DescribeChangeSet shows it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from localaws.cloudformation.faults import CannotMake, Invalid
from localaws.cloudformation.kinds import Properties
from localaws.cloudformation.schemas import replacing
from localaws.cloudformation.stack import Resource, Stack, Target, now
from localaws.cloudformation.template import Body, Values, wanted

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"
"""AWS's own mark for a value that the change itself makes."""


@dataclass(kw_only=True)
class ChangeSet:
    """A change that waits to be executed. `names` are pseudo parameters and parameters with their values."""

    name: str
    id: str
    stack: Stack
    target: Target
    region: str
    names: dict[str, Any]
    executed: bool = False
    created: datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        """Refuse what CloudFormation refuses before it makes one."""
        self._wanted = wanted(Values(body=self.target.body, names=self.names, attribute=_unknown))
        self._is_empty = self.target.same_as(self.stack.target)
        self._before = self.stack.target

    def describe(self, *, with_values: bool) -> dict[str, Any]:
        """The change set as DescribeChangeSet shows it."""
        is_obsolete = self.stack.target is not self._before
        ready = "EXECUTE_COMPLETE" if self.executed else "OBSOLETE" if is_obsolete else "AVAILABLE"
        return {
            "ChangeSetName": self.name,
            "ChangeSetId": self.id,
            "StackId": self.stack.stack_id,
            "StackName": self.stack.name,
            "CreationTime": self.created,
            "Status": "FAILED" if self._is_empty else "CREATE_COMPLETE",
            "StatusReason": NO_CHANGES if self._is_empty else None,
            "ExecutionStatus": "UNAVAILABLE" if self._is_empty else ready,
            "Changes": [] if self._is_empty else [*self._changes(with_values=with_values)],
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in self.target.given.items()],
        }

    def _changes(self, *, with_values: bool) -> Iterator[dict[str, Any]]:
        values = Values(body=self.target.body, names=dict(self.names), attribute=self._attribute)
        self._replaced: set[str] = set()
        for name, definition in self._wanted.items():
            old = self.stack.resources.get(name)
            new = values.of(definition.get("Properties", {}))
            replacement = self._replacement(old, new, definition)
            is_other = old is None or replacement != "False"
            values.names[name] = LATER if old is None or is_other else old.physical_id
            self._replaced |= {name} if is_other else set()
            if old is None:
                yield _change("Add", name, definition["Type"])
            elif old.properties != new:
                details = [*_details(old.properties, new, with_values=with_values)]
                more = {"PhysicalResourceId": old.physical_id, "Replacement": replacement, "Details": details}
                yield _change("Modify", name, definition["Type"], **more)
        for name, gone in self.stack.resources.items():
            if name not in self._wanted:
                yield _change("Remove", name, gone.resource_type, PhysicalResourceId=gone.physical_id)

    def _replacement(self, old: Resource | None, new: Properties, definition: Body) -> str:
        """Conditional is what hangs on a value that the change itself makes."""
        if old is None:
            return "False"
        causes = replacing(definition["Type"], region=self.region, old=old.properties, new=new)
        if old.resource_type == definition["Type"] and not causes:
            return "False"
        tops = {cause.split(".")[0] for cause in causes}
        return "Conditional" if tops and all(LATER in json.dumps(new.get(top)) for top in tops) else "True"

    def _attribute(self, logical_id: str, name: str) -> Any:
        resource = self.stack.resources.get(logical_id)
        if resource is None or resource.made is None or logical_id in self._replaced:
            return LATER
        if name not in resource.made.attributes:
            raise CannotMake(f"{logical_id} has no attribute {name} here")
        return resource.made.attributes[name]


def _change(action: str, name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Resource",
        "ResourceChange": {"Action": action, "LogicalResourceId": name, "ResourceType": kind, **more},
    }


def _details(old: Properties, new: Properties, *, with_values: bool) -> Iterator[dict[str, Any]]:
    """Each property that differs; its values, as text, only where they were asked for."""
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before != after:
            values = {"BeforeValue": _text(before), "AfterValue": _text(after)} if with_values else {}
            yield {"Target": {"Attribute": "Properties", "Name": name, **values}, "Evaluation": "Static"}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _unknown(logical_id: str, name: str) -> Any:
    raise Invalid(f"a condition asks for {logical_id}.{name}: conditions know parameters only")
