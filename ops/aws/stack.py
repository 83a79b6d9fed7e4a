"""A client's stack in CloudFormation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.aws.access import Access, NotThere, understood

NEVER_WAS = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
"""States of a stack that has made nothing, or whose first deploy failed."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack. Address and ids are empty until they exist. Of two gateways `instance_id` is the one that has the address."""

    name: str
    id: str
    status: str
    reason: str
    protected: bool
    changed: datetime
    address: str
    allocation_id: str
    instance_id: str
    outputs: Mapping[str, str]

    def secret(self, tunnel: str) -> str:
        """The ARN of a tunnel's secret; empty until it exists. An output's key has letters and digits only."""
        return self.outputs.get(f"Secret{re.sub('[^A-Za-z0-9]', '', tunnel)}", "")

    @property
    def standby_id(self) -> str:
        """The second gateway's instance by the template; empty where there is one gateway."""
        return self.outputs.get("StandbyInstanceId", "")

    @property
    def partner_id(self) -> str:
        """The gateway of two that does not have the address; empty where there is one gateway."""
        pair = {self.outputs.get("InstanceId", ""), self.standby_id} if self.standby_id else set()
        return next(iter(pair - {self.instance_id}), "")

    @property
    def is_busy(self) -> bool:
        """Whether CloudFormation works on it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    @property
    def is_well(self) -> bool:
        """Whether its last operation ended as it should."""
        return self.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")


@dataclass(frozen=True, kw_only=True)
class Event:
    """What CloudFormation did to one resource."""

    id: str
    time: datetime
    logical_id: str
    physical_id: str
    kind: str
    status: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a change set would do to one resource. `replaces` is True, False or None: perhaps, at execution time."""

    action: str
    logical_id: str
    kind: str
    replaces: bool | None
    causes: tuple[str, ...]


@understood("cloudformation describe_stacks")
def read_stack(access: Access, name: str) -> Stack | None:
    """A stack by its name; None where there is none."""
    try:
        (found,) = access.call("cloudformation", "describe_stacks", StackName=name)["Stacks"]
    except NotThere:
        return None
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
    return Stack(
        name=name,
        id=found["StackId"],
        status=found["StackStatus"],
        reason=found.get("StackStatusReason", ""),
        protected=bool(found.get("EnableTerminationProtection")),
        changed=found.get("LastUpdatedTime") or found["CreationTime"],
        address=outputs.get("PublicAddress", ""),
        allocation_id=outputs.get("AllocationId", ""),
        instance_id=outputs.get("InstanceId", ""),
        outputs=outputs,
    )


@understood("cloudformation get_template")
def read_metadata(access: Access, name: str) -> Mapping[str, Any]:
    """The Metadata of the template that a stack was deployed from; empty where it has none."""
    template = access.call("cloudformation", "get_template", StackName=name)["TemplateBody"]
    # boto3 gives JSON as a mapping, and YAML, which is not ours, as text.
    found = template.get("Metadata", {}) if isinstance(template, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


@understood("cloudformation describe_stack_events")
def events(access: Access, stack: str, *, after: datetime | None = None) -> list[Event]:
    """The events of a stack by name or id, the oldest first; those after a moment only, if one is given."""
    found: list[Event] = []
    try:
        paginator = access.call("cloudformation", "describe_stack_events", StackName=stack)["StackEvents"]
    except NotThere:
        return found
    for one in paginator:
        if after and one["Timestamp"] <= after:
            break
        found.append(_event(one))
    return found[::-1]


def _event(one: Mapping[str, Any]) -> Event:
    return Event(
        id=one["EventId"],
        time=one["Timestamp"],
        logical_id=one["LogicalResourceId"],
        physical_id=one.get("PhysicalResourceId") or "",
        kind=one["ResourceType"],
        status=one["ResourceStatus"],
        reason=one.get("ResourceStatusReason") or "",
    )


def protect(access: Access, stack: str, *, protected: bool) -> None:
    """Set or lift the termination protection."""
    arguments: Any = {"StackName": stack, "EnableTerminationProtection": protected}
    access.call("cloudformation", "update_termination_protection", **arguments)


@understood("cloudformation describe_change_set")
def change_set(access: Access, stack: str, name: str) -> tuple[list[Change], str]:
    """What a change set would do, and its status's reason; no change where there is none."""
    changes: list[Change] = []
    token: dict[str, Any] = {}
    while True:
        asked: Any = {"StackName": stack, "ChangeSetName": name, "IncludePropertyValues": True, **token}
        said = access.call("cloudformation", "describe_change_set", **asked)
        read = [_change(one["ResourceChange"]) for one in said.get("Changes", []) if one["Type"] == "Resource"]
        changes += [change for change in read if change]
        if not said.get("NextToken"):
            return changes, said.get("StatusReason") or ""
        token = {"NextToken": said["NextToken"]}


def drop_change_set(access: Access, stack: str, name: str) -> None:
    """Delete a change set that was made to be read."""
    access.call("cloudformation", "delete_change_set", StackName=stack, ChangeSetName=name)


def _change(one: Mapping[str, Any]) -> Change | None:
    """None where the template says the same value in another way: a parameter's value written out, for one."""
    details = one.get("Details", [])
    told = [detail for detail in details if not _is_same(detail.get("Target", {}))]
    if details and not told:
        return None
    causes = dict.fromkeys(detail.get("Target", {}).get("Name") or "" for detail in told)
    return Change(
        action=one["Action"],
        logical_id=one["LogicalResourceId"],
        kind=one["ResourceType"],
        replaces={"True": True, "False": False}.get(one.get("Replacement", "")),
        causes=tuple(cause for cause in causes if cause),
    )


def _is_same(target: Mapping[str, Any]) -> bool:
    """Whether AWS tells both values, and they are one. What the change itself makes is not known before."""
    before, after = target.get("BeforeValue"), target.get("AfterValue")
    return before is not None and before == after and "KNOWN_AFTER_APPLY" not in after
