"""One operation on one stack, in CloudFormation's order: create, wait for signals, clean up; or roll back.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from localaws.cloudformation.clients import Clients
from localaws.cloudformation.create_only import goes_first, replacing
from localaws.cloudformation.faults import CannotMake
from localaws.cloudformation.hands import FAULTS, Failed, Hands
from localaws.cloudformation.stack import Resource, Stack, Target, now
from localaws.cloudformation.template import ABSENT, Body, Values, wanted


def pseudo_parameters(clients: Clients, stack: Stack) -> dict[str, Any]:
    """What `Ref` gives for the names that every template knows."""
    return {
        "AWS::AccountId": clients.account,
        "AWS::Region": clients.region,
        "AWS::StackId": stack.stack_id,
        "AWS::StackName": stack.name,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::NotificationARNs": [],
        "AWS::NoValue": ABSENT,
    }


@dataclass(frozen=True, kw_only=True)
class Step:
    """One change, and what it came from: enough to undo it. `gone`: the old one was removed before the new one was made."""

    new: Resource
    old: Resource | None
    in_place: bool
    gone: bool = False


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Brings a stack to a target, or back to what it was."""

    stack: Stack
    hands: Hands
    steps: list[Step] = field(default_factory=list)

    def deploy(self, target: Target) -> None:
        """Create or update the stack. It says that it is in progress already, so that no request sees it idle."""
        former, before = self.stack.target, list(self.stack.resources.values())
        self.stack.target, self.stack.updated = target, now() if former else None
        verb = "UPDATE" if former else "CREATE"
        try:
            values = self._values(target)
            order = wanted(values)
            for logical_id, definition in order.items():
                self._bring(logical_id, definition, values)
            self.stack.outputs = _outputs(values)
        except (Failed, *FAULTS) as error:
            self._roll_back(verb, str(error))
            self.stack.target = former or target
        else:
            self._clean_up(verb, order, before)

    def delete(self) -> None:
        """Remove the stack and everything in it that is not to be kept."""
        doomed = reversed(list(self.stack.resources.values()))
        gone = [self._remove(resource, kept=_is_kept(resource)) for resource in doomed]
        self.stack.mark("DELETE_COMPLETE" if all(gone) else "DELETE_FAILED")

    def _values(self, target: Target) -> Values:
        names = pseudo_parameters(self.hands.clients, self.stack)
        return Values(body=target.body, names={**names, **target.resolved}, attribute=self._attribute)

    def _attribute(self, logical_id: str, name: str) -> Any:
        resource = self.stack.resources.get(logical_id)
        if resource is None or resource.made is None or name not in resource.made.attributes:
            raise CannotMake(f"{logical_id} has no attribute {name} here")
        return resource.made.attributes[name]

    def _bring(self, logical_id: str, definition: Body, values: Values) -> None:
        """Create, change, replace or keep one resource."""
        old = self.stack.resources.get(logical_id)
        properties = values.of(definition.get("Properties", {}))
        new = Resource(logical_id=logical_id, definition=definition, properties=properties)
        if old is None or self._is_replaced(old, new):
            gone = old is not None and goes_first(new.resource_type, region=self.hands.clients.region)
            if old and gone:
                self._record(new, old, in_place=False, gone=True)
                self.hands.remove(old, kept=old.definition.get("UpdateReplacePolicy") == "Retain")
            made = partial(self._record, new, old, in_place=False)
            self.hands.create(new, made=(lambda: None) if gone else made, replaces=old is not None)
        elif old.properties != new.properties:
            self.hands.change(new, old=old)
            self._record(new, old, in_place=True)
        else:
            old.definition = definition
        values.names[logical_id] = self.stack.resources[logical_id].physical_id

    def _is_replaced(self, old: Resource, new: Resource) -> bool:
        region, kind = self.hands.clients.region, new.resource_type
        return kind != old.resource_type or bool(replacing(kind, region=region, old=old.properties, new=new.properties))

    def _record(self, new: Resource, old: Resource | None, *, in_place: bool, gone: bool = False) -> None:
        self.steps.append(Step(new=new, old=old, in_place=in_place, gone=gone))
        self.stack.resources[new.logical_id] = new

    def _clean_up(self, verb: str, order: Iterable[str], before: list[Resource]) -> None:
        """Remove what the target has no more and what was replaced: last made, first removed."""
        names = list(order)
        replaced = [id(step.old) for step in self.steps if not step.in_place]
        gone = [id(step.old) for step in self.steps if step.gone]
        if verb == "UPDATE":
            self.stack.mark("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        for old in reversed([one for one in before if id(one) not in gone]):
            if id(old) in replaced:
                self._remove(old, kept=old.definition.get("UpdateReplacePolicy") == "Retain")
            elif old.logical_id not in names:
                self._remove(old, kept=_is_kept(old))
        self.stack.resources = {name: self.stack.resources[name] for name in names}
        self.stack.mark(f"{verb}_COMPLETE")

    def _roll_back(self, verb: str, reason: str) -> None:
        """Undo every step, last first: what was there comes back, then what is new goes."""
        prefix = "ROLLBACK" if verb == "CREATE" else "UPDATE_ROLLBACK"
        self.stack.mark(f"{prefix}_IN_PROGRESS", reason)
        undone = [self._undo(step) for step in reversed(self.steps)]
        if verb == "UPDATE":
            self.stack.mark("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        made = [step.new for step in reversed(self.steps) if not step.in_place and not step.gone]
        gone = [self._remove(resource, kept=_is_kept(resource, in_creation=True)) for resource in made]
        self.stack.mark(f"{prefix}_COMPLETE" if all(undone + gone) else f"{prefix}_FAILED")

    def _undo(self, step: Step) -> bool:
        """Put the old resource back into the record; what was changed in place is changed back."""
        if step.old is None:
            return True
        self.stack.resources[step.old.logical_id] = step.old
        try:
            if step.in_place:
                self.hands.change(step.old, old=step.new)
            elif step.gone:
                self._bring_back(step)
        except Failed:
            return False
        return True

    def _bring_back(self, step: Step) -> None:
        """Another one of the old kind: the one that there was is gone."""
        assert step.old is not None
        if step.new.made:
            self.hands.remove(step.new, kept=False)
        replace(self.hands, refused=frozenset()).create(step.old, made=lambda: None, replaces=True)

    def _remove(self, resource: Resource, *, kept: bool) -> bool:
        if self.stack.resources.get(resource.logical_id) is resource:
            del self.stack.resources[resource.logical_id]
        return self.hands.remove(resource, kept=kept)


def _is_kept(resource: Resource, *, in_creation: bool = False) -> bool:
    """Whether it outlives its stack. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html"""
    policy = resource.definition.get("DeletionPolicy", "Delete")
    return policy == "Retain" or (policy == "RetainExceptOnCreate" and not in_creation)


def _outputs(values: Values) -> list[dict[str, Any]]:
    """The outputs whose condition holds."""
    stated = values.body.get("Outputs", {})
    held = {key: one for key, one in stated.items() if "Condition" not in one or values.holds(one["Condition"])}
    return [
        {"OutputKey": key, "OutputValue": str(values.of(one["Value"])), "Description": one.get("Description")}
        for key, one in held.items()
    ]
